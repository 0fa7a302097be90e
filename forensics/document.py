"""A document of headings, paragraphs, lists, tables and figures, as HTML and as PDF."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from io import BytesIO
from pathlib import Path

import matplotlib as mpl
from fpdf import FPDF
from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 is the title."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of plain text."""

    text: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; `widths` are shares of the page."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """An SVG with its caption."""

    svg: bytes
    caption: str


Block = Heading | Paragraph | Bullets | Grid | Drawing

_CSS = """
body{font:15px/1.45 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:3rem 1rem;
color:#1a1a1a}
h1{font-size:1.6rem;line-height:1.2}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid
#ccc}table{border-collapse:collapse;width:100%;font-size:.85rem}td,th{border:1px solid #ccc;
padding:.3rem .45rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
th{background:#f0f0f0}
figure{margin:1rem 0}figure svg{max-width:100%;height:auto}figcaption{font-size:.85rem;color:#444}
.marking{position:fixed;left:0;right:0;text-align:center;font-weight:700;background:#fff3d6;
border:1px solid #d9a400;padding:.15rem}.top{top:0}.bottom{bottom:0}
@media print{h2{break-after:avoid}figure,tr{break-inside:avoid}}
"""


def to_html(blocks: Sequence[Block], title: str, marking: str) -> bytes:
    """Write a page that needs no other file; the marking stays in sight, and on printed pages."""
    body = "\n".join(_html(block) for block in blocks)
    bands = "".join(
        f'<div class="marking {where}">{escape(marking)}</div>' for where in ("top", "bottom")
    )
    return (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_CSS}</style>\n<body>{bands}\n{body}\n</body></html>\n"
    ).encode()


def _html(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{escape(text)}</h{level}>"
        case Paragraph(text):
            return f"<p>{escape(text)}</p>"
        case Bullets(texts):
            return "<ul>" + "".join(f"<li>{escape(text)}</li>" for text in texts) + "</ul>"
        case Grid(heads, rows, _):
            head = "".join(f"<th>{escape(text)}</th>" for text in heads)
            body = "".join(
                "<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>"
                for row in rows
            )
            return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        case Drawing(svg, caption):
            text = svg.decode()
            drawn = text[text.index("<svg") :]
            return f"<figure>{drawn}<figcaption>{escape(caption)}</figcaption></figure>"


class _Pages(FPDF):
    """Pages with the marking above and below, and numbers."""

    def __init__(self, title: str, marking: str) -> None:
        super().__init__()
        self._marking = marking
        fonts = Path(mpl.get_data_path()) / "fonts" / "ttf"
        self.add_font("text", fname=fonts / "DejaVuSans.ttf")
        self.add_font("text", "B", fonts / "DejaVuSans-Bold.ttf")
        self.set_title(title)
        self.set_auto_page_break(auto=True, margin=18)
        self.set_margins(16, 18, 16)

    def header(self) -> None:
        """Write the marking above each page."""
        self._band(6, self._marking)

    def footer(self) -> None:
        """Write the marking and the page below each page."""
        self._band(-12, f"{self._marking}    page {self.page_no()} of {{nb}}")

    def _band(self, y: float, text: str) -> None:
        self.set_y(y)
        self.set_font("text", "B", 9)
        self.cell(0, 6, text, align="C")
        self.set_y(18)


def to_pdf(blocks: Sequence[Block], title: str, marking: str, at: datetime) -> bytes:
    """Write the same document as PDF, the marking on every page."""
    pages = _Pages(title, marking)
    pages.set_creation_date(at)
    pages.add_page()
    for block in blocks:
        _draw(pages, block)
    return bytes(pages.output())


def _draw(pages: _Pages, block: Block) -> None:
    match block:
        case Heading(text, level):
            if pages.will_page_break(24):
                pages.add_page()
            pages.ln(1 if level == 1 else 4)
            _write(pages, text, 16 if level == 1 else 12, bold=True)
        case Paragraph(text):
            _write(pages, text, 9.5)
        case Bullets(texts):
            for text in texts:
                _write(pages, f"•  {text}", 9.5)
        case Grid(heads, rows, widths):
            _grid(pages, (heads, *rows), widths)
        case Drawing(svg, caption):
            if pages.will_page_break(78):
                pages.add_page()
            pages.image(BytesIO(svg), w=pages.epw)
            _write(pages, caption, 8)


def _write(pages: _Pages, text: str, size: float, *, bold: bool = False) -> None:
    pages.set_font("text", "B" if bold else "", size)
    pages.multi_cell(0, size * 0.5, text, new_x="LMARGIN", new_y="NEXT", align="L")
    pages.ln(1.2)


def _grid(pages: _Pages, rows: Sequence[Sequence[str]], widths: tuple[int, ...]) -> None:
    pages.set_font("text", "", 7.5)
    with pages.table(
        col_widths=widths,
        line_height=3.8,
        text_align="LEFT",
        borders_layout=TableBordersLayout.ALL,
        headings_style=FontFace(emphasis="BOLD", fill_color=(240, 240, 240)),
        padding=1,
    ) as table:
        for row in rows:
            table.row([str(cell) for cell in row])
    pages.ln(2)
