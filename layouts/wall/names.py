"""Names of what data calls by an id: from the city's catalogue, its agencies and the words of the pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from layouts.context import Context, name_in
from layouts.texts import Language, gettext
from layouts.texts import mark as N_

# In the order in which the board lists them.
CHANNELS: dict[str, str] = {
    "phone": N_("Phone"),
    "enterprise": N_("Enterprise line"),
    "foreign": N_("Foreign line"),
    "sign": N_("Sign language"),
    "assistant": N_("Assistant"),
    "counter": N_("Counter"),
    "web": N_("Website"),
    "app": N_("App"),
    "wechat": N_("WeChat"),
    "kiosk": N_("Terminal"),
}
# Severities of the Common Alerting Protocol.
SEVERITIES: dict[str, str] = {
    "Extreme": N_("extreme"),
    "Severe": N_("severe"),
    "Moderate": N_("moderate"),
    "Minor": N_("minor"),
    "Unknown": N_("severity unknown"),
}
TABLES = ("categories", "incident_kinds", "unit_kinds", "areas")


def names(context: Context, lang: Language) -> dict[str, dict[str, str]]:
    """Table -> id -> name in the page's language. An id that is in no table is shown as it is."""
    _ = gettext(lang.id)
    said = {table: _table(getattr(context.catalogue, table, {}), lang) for table in TABLES}
    outlined = {label.name: name_in(label.names, lang, label.name) for label in context.labels if label.names}
    said["areas"] = outlined | said["areas"]
    agencies: Mapping[str, Mapping[str, str]] = getattr(context.city, "agencies", {})
    said["agencies"] = {id_: name_in(known, lang, id_) for id_, known in agencies.items()}
    said["channels"] = {id_: _(name) for id_, name in CHANNELS.items()}
    said["severities"] = {id_: _(name) for id_, name in SEVERITIES.items()}
    return said


def _table(entries: Mapping[str, Any], lang: Language) -> dict[str, str]:
    return {id_: name for id_, entry in entries.items() if (name := name_in(_names(entry), lang, ""))}


def _names(entry: Any) -> Mapping[str, str]:
    """A catalogue may keep names directly or inside an entry that says more."""
    return entry if isinstance(entry, Mapping) else entry.names
