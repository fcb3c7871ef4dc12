"""Statements as PDF, with fpdf2: laid out from text alone, nothing is fetched or run.

fpdf2 is imported when the first statement is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from importlib import resources
from typing import TYPE_CHECKING

from coinassay.domain.money import add_up, plain, rounded
from coinassay.web.figures import STYLES, grouped
from coinassay.web.view.statement import Figures, Statement

if TYPE_CHECKING:
    from fpdf import FPDF

FIAT_PLACES = 2
COIN_PLACES = 8
MARGIN = 18.0
"""Millimetres."""
GREY = (95, 100, 112)
INK = (24, 28, 36)
LINE = (214, 218, 226)
BAND = (246, 247, 250)
FONT = "DejaVu"

Align = str
"""L or R."""


def statement_pdf(statement: Statement, places: int = FIAT_PLACES) -> bytes:
    """The document. Amounts of money have `places` decimals, half-up; amounts of coins all their digits."""
    pdf = _document(statement)
    pdf.add_page()
    _head(pdf, statement)
    _figures(pdf, statement.figures, statement.currency, places)
    for note in statement.notes:
        _note(pdf, note)
    if statement.accounts:
        _section(pdf, f"Accounts on {statement.last:%d %B %Y}".replace(" 0", " "))
        _table(
            pdf,
            (
                ("Account", 62, "L"),
                ("Exchange", 50, "L"),
                ("State", 26, "L"),
                (f"Value ({statement.currency})", 36, "R"),
            ),
            [
                (each.name, each.exchange, each.mark or "complete", money(each.closing, places))
                for each in statement.accounts
            ],
        )
    if statement.holdings:
        _section(pdf, f"Holdings on {statement.last:%d %B %Y}".replace(" 0", " "))
        total = add_up(each.value for each in statement.holdings if each.value is not None and each.value > 0)
        _table(
            pdf,
            (("Coin", 58, "L"), ("Amount", 58, "R"), ("Share", 20, "R"), (f"Value ({statement.currency})", 38, "R")),
            [
                (
                    f"{each.name} ({each.code})" if each.name and each.name != each.code else each.code,
                    group(plain(each.amount).removesuffix(".0")),
                    _share(each.value, total),
                    "no price" if each.value is None else money(each.value, places),
                )
                for each in statement.holdings
            ],
        )
    if len(statement.days) > 1:
        _section(pdf, "Day by day (UTC)")
        _table(
            pdf,
            (
                ("Day", 24, "L"),
                ("Opening", 34, "R"),
                ("Deposits", 28, "R"),
                ("Withdrawals", 28, "R"),
                ("Profit", 28, "R"),
                ("Closing", 32, "R"),
            ),
            [
                (
                    f"{each.day:%Y-%m-%d}{_marked(each.mark)}",
                    money(each.figures.opening, places),
                    money(each.figures.deposits, places),
                    money(each.figures.withdrawals, places),
                    money(each.figures.profit, places),
                    money(each.figures.closing, places),
                )
                for each in statement.days
            ],
        )
        if any(each.mark for each in statement.days):
            _small(pdf, "c carried forward: no load that day   p partial: a wallet was not read   i imported")
    return bytes(pdf.output())


def money(amount: Decimal, places: int) -> str:
    """With grouped digits: 1,234,567.80; never "-0.00"."""
    value = rounded(amount, places)
    text = format(value if value else abs(value), "f")
    return group(text)


def group(text: str) -> str:
    """A decimal in plain notation with commas between the thousands."""
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, point, rest = digits.partition(".")
    return sign + grouped(whole, STYLES["en"]) + point + rest


def _share(value: Decimal | None, total: Decimal) -> str:
    if value is None or value <= 0 or total <= 0:
        return "—"
    from coinassay.domain.allocation import share_of

    return f"{rounded(share_of(value, total), 2)} %"


def _marked(mark: str) -> str:
    return f" {mark[0]}" if mark else ""


def _document(statement: Statement) -> FPDF:
    from fpdf import FPDF

    class Pages(FPDF):
        def footer(self) -> None:
            self.set_y(-14)
            self.set_font(FONT, size=7)
            self.set_text_color(*GREY)
            self.cell(0, 4, f"Figures: SHA-256 {statement.digest}")
            self.set_x(self.l_margin)
            self.cell(0, 4, f"{self.page_no()} / {{nb}}", align="R")

    pdf = Pages(format="A4")
    fonts = resources.files("coinassay.web") / "fonts"
    for style, file in (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf")):
        with resources.as_file(fonts / file) as path:
            pdf.add_font(FONT, style, path)
    pdf.set_margins(MARGIN, MARGIN)
    pdf.set_auto_page_break(True, 20)
    pdf.set_title(f"Coinassay statement, {statement.title}")
    pdf.set_creator("Coinassay")
    pdf.set_lang("en")
    pdf.set_creation_date(statement.made_at)
    return pdf


def _head(pdf: FPDF, statement: Statement) -> None:
    pdf.set_text_color(*INK)
    pdf.set_font(FONT, "B", 18)
    pdf.cell(0, 10, f"Statement, {statement.title}", new_x="LMARGIN", new_y="NEXT")
    pdf.set_font(FONT, size=9)
    pdf.set_text_color(*GREY)
    made = f"made {statement.made_at:%Y-%m-%d %H:%M} UTC by Coinassay"
    line = f"{statement.owner} · amounts in {statement.currency} · {made}"
    pdf.cell(0, 6, _shown(pdf, line), new_x="LMARGIN", new_y="NEXT")
    pdf.ln(4)


def _figures(pdf: FPDF, figures: Figures, currency: str, places: int) -> None:
    rows = (
        ("Value at the beginning", figures.opening),
        ("Deposits", figures.deposits),
        ("Withdrawals", figures.withdrawals.copy_negate()),
        ("Profit", figures.profit),
    )
    for label, amount in rows:
        _figure(pdf, label, f"{money(amount, places)} {currency}", "")
    _figure(pdf, "Value at the end", f"{money(figures.closing, places)} {currency}", "B")
    pdf.ln(3)


def _figure(pdf: FPDF, label: str, text: str, style: str) -> None:
    pdf.set_font(FONT, style, 10)
    pdf.set_text_color(*INK)
    pdf.set_draw_color(*LINE)
    width = pdf.epw
    pdf.cell(width * 0.6, 8, label, border="T")
    pdf.cell(width * 0.4, 8, text, border="T", align="R", new_x="LMARGIN", new_y="NEXT")


def _note(pdf: FPDF, text: str) -> None:
    pdf.set_font(FONT, size=8.5)
    pdf.set_text_color(*INK)
    pdf.set_fill_color(255, 246, 224)
    pdf.multi_cell(0, 5.5, _shown(pdf, text), fill=True, new_x="LMARGIN", new_y="NEXT", padding=(1, 2, 1, 2))
    pdf.ln(1)


def _small(pdf: FPDF, text: str) -> None:
    pdf.set_font(FONT, size=7.5)
    pdf.set_text_color(*GREY)
    pdf.cell(0, 6, text, new_x="LMARGIN", new_y="NEXT")


def _section(pdf: FPDF, title: str) -> None:
    pdf.ln(4)
    if pdf.will_page_break(30):  # a heading stays with its first rows
        pdf.add_page()
    pdf.set_font(FONT, "B", 11)
    pdf.set_text_color(*INK)
    pdf.cell(0, 8, title, new_x="LMARGIN", new_y="NEXT")


def _table(pdf: FPDF, columns: Sequence[tuple[str, int, Align]], rows: Iterable[Sequence[str]]) -> None:
    from fpdf.fonts import FontFace

    pdf.set_font(FONT, size=8)
    pdf.set_text_color(*INK)
    pdf.set_draw_color(*LINE)
    pdf.set_fill_color(255, 255, 255)
    with pdf.table(
        col_widths=tuple(width for _, width, _ in columns),
        text_align=tuple("LEFT" if align == "L" else "RIGHT" for _, _, align in columns),
        headings_style=FontFace(emphasis="BOLD", fill_color=BAND),
        borders_layout="HORIZONTAL_LINES",
        line_height=5,
        padding=(0.6, 1, 0.6, 1),
    ) as table:
        head = table.row()
        for name, _, _ in columns:
            head.cell(name)
        for row in rows:
            line = table.row()
            for cell in row:
                line.cell(_shown(pdf, cell))


def _shown(pdf: FPDF, text: str) -> str:
    """With a mark for each letter the font does not have: it would leave no trace."""
    letters = pdf.current_font.cmap  # type: ignore[union-attr]  # an embedded font is always set
    return "".join(character if ord(character) in letters else "\N{REPLACEMENT CHARACTER}" for character in text)
