"""Reading sources: documents → parsed feeds, identities, when to look again. Pure."""
