"""The PPTX look: a 16:9 master with our theme part and five real layouts with placeholders.

Fonts are those every office has; colours are theme colours, so a customer's theme recolours all.
"""

from __future__ import annotations

import re
from typing import Any

from core.insight.drawing.palette import LIGHT, OFFICE_SANS, OFFICE_SERIF

EMU = 914_400  # per inch
WIDTH_IN, HEIGHT_IN = 13.333, 7.5
LEFT, WIDE = 0.85, 11.63  # margins of every layout, inches
NS = {
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "p": "http://schemas.openxmlformats.org/presentationml/2006/main",
}
DECLARED = " ".join(f'xmlns:{key}="{uri}"' for key, uri in NS.items())
UNPRINTABLE = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u202a-\u202e]")
# theme slots: text, background, quiet text, surface, six accents; the last is "not the point"
COLOURS = {
    "dk1": LIGHT.ink,
    "lt1": LIGHT.ground,
    "dk2": LIGHT.quiet,
    "lt2": LIGHT.surface,
    **{f"accent{i}": colour for i, colour in enumerate(LIGHT.series[:5], 1)},
    "accent6": LIGHT.rest,
    "hlink": LIGHT.link,
    "folHlink": LIGHT.series[5],
}
# idx of the placeholders, the same in all layouts
BODY, CHART, KICKER, FOOT, CAVEATS = 1, 2, 13, 14, 15


class Place:
    """A placeholder of a layout: what it holds, where, and how its text is set."""

    def __init__(
        self,
        name: str,
        box: tuple[float, float, float, float],
        *,
        idx: int = 0,
        kind: str = "body",
        size_pt: float = 16,
        colour: str = "tx1",
        serif: bool = False,
        bold: bool = False,
        anchor: str = "t",
        space_pt: float = 0,
    ) -> None:
        self.name, self.box, self.idx, self.kind = name, box, idx, kind
        self.size_pt, self.colour, self.serif, self.bold = size_pt, colour, serif, bold
        self.anchor, self.space_pt = anchor, space_pt

    def xml(self, id: int) -> str:
        """The shape of the layout."""
        idx = f' idx="{self.idx}"' if self.idx else ""
        face = "+mj-lt" if self.serif else "+mn-lt"
        kind = f'type="{self.kind}"' if self.kind != "obj" else ""
        line = "95000" if self.serif else "105000"
        return (
            f'<p:sp {DECLARED}><p:nvSpPr><p:cNvPr id="{id}" name="{self.name}"/>'
            '<p:cNvSpPr><a:spLocks noGrp="1"/></p:cNvSpPr>'
            f"<p:nvPr><p:ph {kind}{idx}/></p:nvPr></p:nvSpPr>"
            f"<p:spPr>{_box(*self.box)}"
            '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr>'
            f'<p:txBody><a:bodyPr lIns="0" tIns="0" rIns="0" bIns="0" anchor="{self.anchor}">'
            '<a:normAutofit/></a:bodyPr><a:lstStyle><a:lvl1pPr marL="0" indent="0" algn="l">'
            f'<a:lnSpc><a:spcPct val="{line}"/></a:lnSpc>'
            f'<a:spcBef><a:spcPts val="{round(self.space_pt * 100)}"/></a:spcBef><a:buNone/>'
            f'<a:defRPr sz="{round(self.size_pt * 100)}" b="{int(self.bold)}">'
            f'<a:solidFill><a:schemeClr val="{self.colour}"/></a:solidFill>'
            f'<a:latin typeface="{face}"/></a:defRPr></a:lvl1pPr></a:lstStyle>'
            f"<a:p><a:r><a:t>{self.name}</a:t></a:r></a:p></p:txBody></p:sp>"
        )


def _kicker(y: float = 0.62) -> Place:
    return Place("Kicker", (LEFT, y, WIDE, 0.3), idx=KICKER, size_pt=12, colour="tx2")


def _claim(size_pt: float = 28, high: float = 1.15) -> Place:
    box = (LEFT, 0.95, WIDE, high)
    return Place("Claim", box, kind="title", size_pt=size_pt, serif=True, bold=True)


def _foot() -> Place:
    box = (LEFT, 6.93, 10.4, 0.28)
    return Place("Receipt", box, idx=FOOT, size_pt=11, colour="tx2", anchor="ctr")


def _body(box: tuple[float, float, float, float], size_pt: float = 17) -> Place:
    return Place("Text", box, idx=BODY, size_pt=size_pt, space_pt=7)


LAYOUTS: dict[str, list[Place]] = {
    "Question": [
        _kicker(2.1),
        Place(
            "Question", (LEFT, 2.45, 10.6, 2.3), kind="ctrTitle", size_pt=42, serif=True, bold=True
        ),
        Place("Data", (LEFT, 4.95, 10.6, 1.2), idx=BODY, size_pt=15, colour="tx2", space_pt=3),
    ],
    "Answer": [
        _kicker(),
        Place("Claim", (LEFT, 0.95, 10.9, 1.75), kind="title", size_pt=34, serif=True, bold=True),
        _body((LEFT, 2.85, 9.8, 3.7), 20),
        _foot(),
    ],
    "Finding": [
        _kicker(),
        _claim(),
        _body((LEFT, 2.4, 3.95, 2.45), 16),
        Place(
            "Caveats",
            (LEFT, 5.0, 3.95, 1.6),
            idx=CAVEATS,
            size_pt=12,
            colour="tx2",
            space_pt=4,
            anchor="b",
        ),
        Place("Chart", (5.2, 2.3, 7.28, 4.35), idx=CHART, kind="chart", size_pt=12, colour="tx2"),
        _foot(),
    ],
    "Picture": [
        _kicker(),
        _claim(),
        Place("Chart", (LEFT, 2.2, WIDE, 4.45), idx=CHART, kind="chart", size_pt=12, colour="tx2"),
        _foot(),
    ],
    "Statement": [
        _kicker(),
        _claim(32, 1.6),
        _body((LEFT, 2.85, 9.8, 2.3), 19),
        Place(
            "Caveats",
            (LEFT, 5.3, 9.8, 1.3),
            idx=CAVEATS,
            size_pt=13,
            colour="tx2",
            space_pt=4,
            anchor="b",
        ),
        _foot(),
    ],
    "List": [
        _kicker(),
        Place("Heading", (LEFT, 0.95, WIDE, 0.6), kind="title", size_pt=24, bold=True),
        _body((LEFT, 1.75, WIDE, 4.9), 16),
        _foot(),
    ],
    "Table": [
        _kicker(),
        Place("Heading", (LEFT, 0.95, WIDE, 0.6), kind="title", size_pt=24, bold=True),
        _body((LEFT, 1.7, WIDE, 1.05), 14),
        _foot(),
    ],
}


def blank() -> Any:
    """A presentation without slides: our theme, master and layouts."""
    from pptx import Presentation
    from pptx.util import Inches

    made = Presentation()
    made.slide_width, made.slide_height = Inches(WIDTH_IN), Inches(HEIGHT_IN)
    master = made.slide_masters[0]
    _theme(master)
    layouts = list(made.slide_layouts)
    for layout in layouts[len(LAYOUTS) :]:
        made.slide_layouts.remove(layout)
    for layout, (name, places) in zip(made.slide_layouts, LAYOUTS.items(), strict=True):
        layout.name = name
        layout.element.attrib.pop("type", None)
        shapes = [place.xml(i) for i, place in enumerate(places, 2)]
        _fill(layout, shapes, *([_mark()] if name == "Question" else _furniture()))
    _fill(master, [_master_title().xml(2), _master_body().xml(3)])
    return made


def clean(text: Any) -> str:
    """`text` without what XML cannot hold and without characters that reverse reading."""
    return UNPRINTABLE.sub("", str(text))


def _master_title() -> Place:
    return Place("Title", (LEFT, 0.95, WIDE, 1.15), kind="title", size_pt=28, serif=True, bold=True)


def _master_body() -> Place:
    return Place("Text", (LEFT, 2.4, WIDE, 4.2), idx=BODY, size_pt=17, space_pt=7)


def _fill(page: Any, shapes: list[str], *furniture: str) -> None:
    """Replace a master's or layout's shapes by ours."""
    from pptx.oxml import parse_xml

    tree = page.shapes._spTree  # noqa: SLF001 - the library has no public way to make layouts
    for old in tree.findall("p:sp", NS):
        tree.remove(old)
    for xml in [*shapes, *furniture]:
        tree.append(parse_xml(xml))


def _furniture() -> list[str]:
    """A hairline over the foot and the slide's number."""
    line = (
        f"<p:cxnSp {DECLARED}><p:nvCxnSpPr>"
        '<p:cNvPr id="30" name="Hairline"/><p:cNvCxnSpPr/><p:nvPr userDrawn="1"/></p:nvCxnSpPr>'
        f"<p:spPr>{_box(LEFT, 6.83, WIDE, 0)}"
        '<a:prstGeom prst="line"><a:avLst/></a:prstGeom><a:ln w="6350"><a:solidFill>'
        '<a:schemeClr val="accent6"/></a:solidFill></a:ln></p:spPr></p:cxnSp>'
    )
    number = (
        f"<p:sp {DECLARED}><p:nvSpPr>"
        '<p:cNvPr id="31" name="Number"/><p:cNvSpPr txBox="1"/><p:nvPr userDrawn="1"/></p:nvSpPr>'
        f"<p:spPr>{_box(LEFT + WIDE - 1, 6.93, 1, 0.28)}"
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr><p:txBody>'
        '<a:bodyPr lIns="0" tIns="0" rIns="0" bIns="0" anchor="ctr"/><a:lstStyle/><a:p>'
        '<a:pPr algn="r"/><a:fld id="{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}" type="slidenum">'
        '<a:rPr lang="en-US" sz="1100"><a:solidFill><a:schemeClr val="tx2"/></a:solidFill></a:rPr>'
        "<a:t>1</a:t></a:fld></a:p></p:txBody></p:sp>"
    )
    return [line, number]


def _mark() -> str:
    """The accent above the question."""
    return (
        f"<p:sp {DECLARED}><p:nvSpPr>"
        '<p:cNvPr id="32" name="Accent"/><p:cNvSpPr/><p:nvPr userDrawn="1"/></p:nvSpPr>'
        f"<p:spPr>{_box(LEFT, 1.72, 0.62, 0.07)}"
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom><a:solidFill><a:schemeClr val="accent1"/>'
        "</a:solidFill><a:ln><a:noFill/></a:ln></p:spPr><p:txBody><a:bodyPr/><a:lstStyle/><a:p/>"
        "</p:txBody></p:sp>"
    )


def _box(x: float, y: float, wide: float, high: float) -> str:
    left, top, width, height = (round(value * EMU) for value in (x, y, wide, high))
    return f'<a:xfrm><a:off x="{left}" y="{top}"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'


def _theme(master: Any) -> None:
    """Fonts and colours into the theme part."""
    from pptx.opc.oxml import serialize_part_xml
    from pptx.oxml import parse_xml

    part = next(
        one.target_part for one in master.part.rels.values() if one.reltype.endswith("/theme")
    )
    root: Any = parse_xml(part.blob)
    root.set("name", "Lewis Studio")
    for slot, face in (("majorFont", OFFICE_SERIF), ("minorFont", OFFICE_SANS)):
        root.find(f".//a:{slot}/a:latin", NS).set("typeface", face)
    for slot, colour in COLOURS.items():
        spot = root.find(f".//a:clrScheme/a:{slot}", NS)
        for old in list(spot):
            spot.remove(old)
        made = spot.makeelement(f"{{{NS['a']}}}srgbClr", {"val": colour.removeprefix("#")})
        spot.append(made)
    # a theme is a plain part: its bytes are the part
    part._blob = serialize_part_xml(root)  # noqa: SLF001
