"""Colours and styles of every picture.

The one idea: a picture names roles (`--wb-ink`, `--wb-gain`, ...). Each role takes JupyterLab's colour where there is
one, so that a notebook's theme is followed live, else VS Code's or Panel's, else our own: light, or dark where the page
asks.
"""

from __future__ import annotations

from functools import cache, reduce
from importlib.resources import files
from typing import Final, Literal, NamedTuple, TypeAlias

__all__ = ["ROLES", "Mode", "Role", "framed", "night", "page_style", "rules", "sheet", "style"]


class Role(NamedTuple):
    """One colour: where a host defines it, and our own in light and dark."""

    hosts: tuple[str, ...]
    light: str
    dark: str

    @property
    def between(self) -> str:
        """The mean of both, for what cannot follow its page and must stand out on a light and on a dark one.

        Example:
            >>> Role((), "#000000", "#ff2040").between
            '#7f1020'
        """
        pairs = zip(bytes.fromhex(self.light[1:]), bytes.fromhex(self.dark[1:]), strict=True)
        return "#" + bytes((light + dark) // 2 for light, dark in pairs).hex()


Mode: TypeAlias = Literal["simulation", "paper", "live"]
FRAMES: Final = {
    "paper": "Paper trading: live prices, simulated fills",
    "live": "LIVE: real orders, real money",
}

ROLES: Final = {
    "ink": Role(
        ("--jp-ui-font-color1", "--vscode-editor-foreground", "--panel-on-background-color"), "#17202e", "#e5e9f0"
    ),
    "dim": Role(("--jp-ui-font-color2", "--vscode-descriptionForeground"), "#5a6675", "#9aa6b6"),
    "edge": Role(("--jp-border-color2", "--vscode-panel-border", "--panel-border-color"), "#dde2e9", "#2b3442"),
    "ground": Role(
        ("--jp-layout-color0", "--vscode-editor-background", "--panel-background-color"), "#ffffff", "#10151d"
    ),
    "panel": Role(("--jp-layout-color2", "--vscode-sideBar-background", "--panel-surface-color"), "#f5f7fa", "#18202b"),
    "accent": Role(("--jp-brand-color1",), "#2563c9", "#6ea5ff"),
    "muted": Role(("--jp-ui-font-color3",), "#8a94a3", "#7d8a9b"),
    "gain": Role(("--jp-success-color1",), "#16794a", "#43c483"),
    "loss": Role(("--jp-error-color1",), "#c2412d", "#f2766b"),
    "warn": Role(("--jp-warn-color1",), "#b06a00", "#f0b44c"),
}


def framed(inside: str, mode: Mode) -> str:
    """What is no simulation, in a coloured frame that says what it is; a simulation as it is.

    Example:
        >>> framed("<p>", "simulation")
        '<p>'
        >>> framed("<p>", "live").partition("<p")[0]
        '<div class="wb wb-frame" data-mode="live">'
    """
    if mode == "simulation":
        return inside
    return f'<div class="wb wb-frame" data-mode="{mode}"><p class="wb-frame-name">{FRAMES[mode]}</p>{inside}</div>'


def style(*sheets: str) -> str:
    """Styles of a picture inside a notebook, whose colours it follows, as one `<style>` element.

    `sheets` name further style sheets beside theme.css.

    Example:
        >>> "--wb-edge:var(--jp-border-color2,var(--vscode-panel-border,var(--panel-border-color,#dde2e9)));" in style()
        True
    """
    return f"<style>{rules(*sheets)}</style>"


def rules(*sheets: str) -> str:
    """The same without the element, for what has a place for styles of its own.

    Example:
        >>> style("replay") == f"<style>{rules('replay')}</style>"
        True
    """
    return f".wb{{{_roles(is_dark=False)}}}{_rules(sheets)}"


def night() -> str:
    """Rules for a host that is dark and has no colours for us, to be put after `rules`.

    Example:
        >>> "--wb-accent:var(--jp-brand-color1,#6ea5ff);" in night()
        True
    """
    return f".wb{{{_roles(is_dark=True)}}}"


def page_style(*sheets: str) -> str:
    """Styles of a page that stands alone: our colours, light or dark as the reader's system asks, light on paper.

    Example:
        >>> "prefers-color-scheme:dark" in page_style()
        True
    """
    light = "".join(f"--wb-{name}:{role.light};" for name, role in ROLES.items())
    dark = "".join(f"--wb-{name}:{role.dark};" for name, role in ROLES.items())
    night = f"@media screen and (prefers-color-scheme:dark){{:root{{color-scheme:dark;{dark}}}}}"
    return f"<style>@page{{margin:14mm}}:root{{color-scheme:light;{light}}}{night}{_rules(sheets)}</style>"


def _roles(*, is_dark: bool) -> str:
    """Every role as a property: our colour behind those of the hosts that may show the picture."""
    return "".join(
        f"--wb-{name}:{_followed(role.hosts, role.dark if is_dark else role.light)};" for name, role in ROLES.items()
    )


def _followed(hosts: tuple[str, ...], own: str) -> str:
    return reduce(lambda value, host: f"var({host},{value})", reversed(hosts), own)


def _rules(sheets: tuple[str, ...]) -> str:
    return "".join(sheet(name) for name in ("theme", *sheets))


@cache
def sheet(name: str) -> str:
    """A style sheet of this folder on one line.

    Example:
        >>> "@page" in sheet("paper")
        True
    """
    text = files("workbench.views").joinpath(f"{name}.css").read_text("utf-8")
    return " ".join(text.split())
