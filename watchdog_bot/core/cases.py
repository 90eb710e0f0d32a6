"""Following a person or case from an alert: what it is called, and what the bot says of it. Pure.

1. Under an alert stands a button; the names found in its post (`core.match.people`) are offered, one is followed at once.
2. Later posts of it answer the first alert of it in that chat, so that Telegram shows them as one thread.
3. A post of several followed cases is one alert, in the thread of the oldest, and names them all.
4. “Close this case” ends it; that can be undone for a day.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b

from watchdog_bot.core.buttons import encode
from watchdog_bot.core.match.people import Named
from watchdog_bot.core.model import Button, Message, PostId, SubscriptionId
from watchdog_bot.core.render import escape
from watchdog_bot.core.text import cut

NAME_LIMIT = 60
_PHRASE = re.compile(r'"([^"]+)"')


def name_of(query: str) -> str:
    """How a case is called whose query, in canonical text, this is: its first phrase."""
    found = _PHRASE.search(query)
    return found.group(1) if found else query


def mark(name: Named) -> str:
    """What a button holds to tell whether the name it was made for is still the one of its number."""
    return blake2b(name.query.encode(), digest_size=3).hexdigest()


def offered(post_id: PostId, names: Sequence[Named]) -> Message:
    """Which of the names in the post shall be followed."""
    rows = [
        (Button(f"📌 {cut(name.shown, NAME_LIMIT)}", data=encode("fn", post_id, number, mark(name))),)
        for number, name in enumerate(names)
    ]
    return Message(
        "📌 <b>Follow this case</b>\nWhom or what? Later posts of it will answer this alert, so that they stand in one thread.",
        buttons=(*rows, (Button("Cancel", data=encode("cancel")),)),
    )


NO_NAMES = Message(
    "I find no name in this post that could be followed. Send it yourself:\n"
    '<code>/subscribe "Name Surname"</code> finds it in every spelling and both scripts.'
)


def followed(subscription_id: SubscriptionId, name: str, preview: str, *, again: bool) -> Message:
    """After following: what, how it will come, and what it would have matched (`preview`, HTML)."""
    head = "You follow this case already" if again else "📌 Following"
    return Message(
        f"{head}: {_shown(name)}, in every spelling and both scripts.\n"
        f"What comes of it answers the alert it began with.\n{preview}",
        buttons=((Button("✅ Close this case", data=encode("cc", subscription_id)),),),
    )


def closed(subscription_id: SubscriptionId, name: str) -> Message:
    """After closing, with the way back."""
    undo = Button("↩️ Undo", data=encode("undo", subscription_id))
    return Message(f"✅ Closed: {_shown(name)}. Nothing more comes of it.", buttons=((undo,),))


def _shown(name: str) -> str:
    return f"“{escape(cut(name, NAME_LIMIT))}”"
