# SPDX-License-Identifier: Apache-2.0
"""Messages of API and dashboard: taken out of the sources, merged into catalogs, and compiled.

python tools/messages.py update [DOMAIN...]   what `make messages` does; says what is to translate
python tools/messages.py compile              what an installation needs; catalogs as they are
"""

import ast
import io
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
DASHBOARD, API = ROOT / "ensemble_dashboard", ROOT / "ensemble_api"
PACKAGES = {"django": DASHBOARD, "djangojs": DASHBOARD, "ensemble_api": API}
DOMAINS = tuple(PACKAGES)
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}
# A call in what Django's templatize makes of a template; the arguments are literals on one line.
_LITERAL = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_CALL = re.compile(rf"\b(n?)(p?)gettext\(({_LITERAL}(?:, *{_LITERAL})*)(?:, *count)?\)")

Found = tuple[Path, str | tuple[str, ...], str | None]


def found(domain: str) -> Iterator[Found]:
    """Give each message of a domain with its file and context; several forms are a tuple."""
    if domain == "ensemble_api":
        for path in sorted(API.glob("**/*.py")):
            yield from _sentences(path)
        return
    if domain == "djangojs":
        for path in sorted(DASHBOARD.glob("static/**/*.js")):
            yield from _in_code(path, "javascript")
        return
    for path in sorted(DASHBOARD.glob("**/*.py")):
        yield from _in_code(path, "python")
    for path in sorted(DASHBOARD.glob("templates/**/*.html")):
        yield from _in_template(path)


def _sentences(path: Path) -> Iterator[Found]:
    """Find the sentences of the API, each a code, a text, and perhaps a text for several."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "Sentence":
            texts = [ast.literal_eval(each) for each in node.args[1:]]
            yield path, tuple(texts) if len(texts) > 1 else texts[0], None


def _in_code(path: Path, language: str) -> Iterator[Found]:
    with path.open("rb") as source:
        for _line, message, _comments, context in extract(language, source, KEYWORDS):
            yield path, message, context


def _in_template(path: Path) -> Iterator[Found]:
    from django.conf import settings
    from django.utils.translation.template import templatize

    if not settings.configured:
        settings.configure(USE_I18N=True)
    for several, context, arguments in _CALL.findall(templatize(path.read_text())):
        values = ast.literal_eval(f"({arguments},)")
        given = values[0] if context else None
        messages = values[1:] if context else values
        yield path, tuple(messages) if several else messages[0], given


def template(domain: str) -> Catalog:
    """Make a catalog of what is in the sources now."""
    catalog = Catalog(project=PACKAGES[domain].name, domain=domain)
    for path, message, context in found(domain):
        where = str(path.relative_to(ROOT))
        catalog.add(message, locations=[(where, None)], context=context)
    return catalog


def languages(domain: str) -> list[str]:
    """Give the locales there are catalogs for."""
    folder = PACKAGES[domain] / "locale"
    return sorted(path.name for path in folder.iterdir() if (path / "LC_MESSAGES").is_dir())


def catalog_path(language: str, domain: str) -> Path:
    """Give the file with the translations of a domain."""
    return PACKAGES[domain] / "locale" / language / "LC_MESSAGES" / f"{domain}.po"


def load(language: str, domain: str) -> Catalog:
    """Read the translations of a domain; a new language starts with none."""
    path = catalog_path(language, domain)
    if not path.exists():
        return Catalog(locale=language, domain=domain)
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=domain)


def merged(language: str, domain: str) -> Catalog:
    """Give the translations with exactly the messages that the sources have now."""
    catalog = load(language, domain)
    catalog.update(template(domain), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    return catalog


def as_text(catalog: Catalog) -> str:
    """Give the file of a catalog without times and lines, which would change with every edit."""
    buffer = io.BytesIO()
    write_po(
        buffer, catalog, width=98, sort_output=True, include_lineno=False, ignore_obsolete=True
    )
    header, separator, body = buffer.getvalue().decode().partition("\n\n")
    kept = ("msgid", "msgstr", '"Language:', '"Plural-Forms', '"MIME-', '"Content-')
    lines = [line for line in header.splitlines() if line.startswith(kept)]
    return "\n".join(["# SPDX-License-Identifier: Apache-2.0", *lines]) + separator + body


def untranslated(catalog: Catalog) -> list[Message]:
    """Give the messages that lack a translation, or one of its plural forms."""
    return [
        message
        for message in catalog
        if message.id
        and not all(message.string if isinstance(message.string, tuple) else (message.string,))
    ]


def compile_all() -> None:
    """Write the catalogs in the form that is read at run time, where they are not there yet."""
    for domain in DOMAINS:
        for language in languages(domain):
            source = catalog_path(language, domain)
            compiled = source.with_suffix(".mo")
            if compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime:
                continue
            catalog = load(language, domain)
            for message in untranslated(catalog):
                # An empty form of a plural would be shown as it is: nothing.
                catalog.delete(message.id, message.context)
            with compiled.open("wb") as file:
                write_mo(file, catalog)


def update(domains: Sequence[str] = DOMAINS) -> int:
    """Bring the catalogs of these domains up to date, and tell what is left to translate."""
    left = 0
    for domain in domains:
        for language in languages(domain):
            catalog = merged(language, domain)
            catalog_path(language, domain).write_text(as_text(catalog))
            missing = untranslated(catalog)
            left += len(missing)
            sys.stdout.write(f"{language} {domain}: {len(catalog)} messages\n")
            sys.stdout.writelines(f"  to translate: {message.id}\n" for message in missing)
    compile_all()
    return 1 if left else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["update"] and PACKAGES.keys() >= set(sys.argv[2:]):
        sys.exit(update(sys.argv[2:] or DOMAINS))
    if sys.argv[1:] == ["compile"]:
        sys.exit(compile_all())
    sys.exit(__doc__)
