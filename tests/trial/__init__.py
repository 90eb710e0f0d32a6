"""Trials on real documents: the whole bot, in a process of its own, against feeds as they were served."""
