"""The posts of the demo: invented, in the manner of a human-rights blog. Some must alert, some must not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoPost:
    """One post as the demo's feed server publishes it; `html` is its body as a feed carries it."""

    slug: str
    title: str
    html: str


BASELINE = (
    DemoPost(
        "azerbaijan-website",
        "Azerbaijani News Site Blocked for a Third Year",
        "<p>Readers in Baku still need a detour to open one of the country's last independent sites.</p>",
    ),
    DemoPost(
        "minsk-lawyers",
        "Belarus Strips Four More Lawyers of Their Licences",
        "<p>The four had defended political prisoners in Minsk and Homel.</p>",
    ),
    DemoPost(
        "torture-report",
        "Committee Publishes Its Yearly Report on Torture in Detention",
        "<p>Old news by now: it stood in the feed before anybody subscribed, so nobody is alerted of it.</p>",
    ),
)

VERDICT = DemoPost(
    "moscow-verdict",
    "Moscow Court Jails Student Despite Claims of Torture",
    "<p>A court in Moscow on Monday sentenced mathematics student Timur Safin to six years in prison over a "
    "broken office window, a charge he denies. Safin told the court that his confession was made under "
    "torture with a screwdriver; no investigation followed.</p>"
    "<p>The OSCE's human-rights office ODIHR, in Warsaw, called for an inquiry. The Council of Europe's "
    "commissioner asked Russia to release him, and Memorial lists him as a political prisoner.</p>",
)

INSPECTIONS = DemoPost(
    "kazakhstan-inspections",
    "Kazakhstan Sends Tax Inspectors to Thirteen Rights Groups",
    "<p>Tax inspections have begun at thirteen nongovernmental organizations in Almaty, Astana and Aqtobe, "
    "weeks before a parliamentary vote. Two groups have been fined and told to suspend their work for "
    "reporting foreign grants on the wrong form.</p>"
    "<p>The New York-based watchdog Human Rights Watch said the inspections look like a campaign to silence "
    "civil society and urged the authorities to drop them.</p>",
)

RELEASE = DemoPost(
    "belarus-release",
    "Belarusian Editor Freed After Four Years",
    "<p>The former editor of a regional weekly walked out of a penal colony near Vitsebsk on Tuesday. "
    "Press freedom groups said more than thirty journalists remain behind bars.</p>",
)

DECOYS = (
    DemoPost(
        "georgia-governor",
        "Georgia Governor Signs Voting Bill in Atlanta",
        "<p>The new law shortens early voting. Democrats said they would challenge it in court.</p>",
    ),
    DemoPost(
        "roast-turkey",
        "How to Roast a Turkey Without Tears",
        "<p>Start a day early, keep the oven at a moderate heat, and let the bird rest.</p>",
    ),
    DemoPost(
        "football-agony",
        "“Pure Torture”: Fans Suffer Through a Goalless Football Derby",
        "<p>Ninety minutes, no goals, one red card. The coach promised better football next week.</p>",
    ),
    DemoPost(
        "moscow-idaho",
        "Bakery in Moscow, Idaho, Wins Pie Contest",
        "<p>Judges praised the crust. The bakery has fed students in the college town since 1962.</p>",
    ),
)
