"""The words that the replay's script puts on the screen, by the key the script uses."""

from __future__ import annotations

from layouts.texts import Language, gettext, mark

N_ = mark

WORDS: dict[str, str] = {
    "replay.play": N_("Play"),
    "replay.pause": N_("Pause"),
    "replay.building": N_("Building this picture…"),
    "replay.bounds": N_("The archive tells of {first} to {last}"),
    "replay.none": N_("There is nothing to replay yet: the archive has just begun"),
    "replay.slow": N_("The replay does not answer yet; it is asked again"),
    "replay.busy": N_("Too much is asked of the replay; it goes on in a moment"),
    "replay.last.incident": N_("The archive knows no later incident"),
    "replay.last.alert": N_("The archive knows no later alert"),
    "replay.last.warning": N_("The archive knows no later warning"),
    "replay.no_acts": N_("This is the past: nothing can be done here"),
    "replay.unknown": N_("Not known of the past"),
    "replay.end": N_("This is as far as the archive tells"),
}


def words_for_replay(lang: Language) -> dict[str, str]:
    """Key -> text in the page's language."""
    _ = gettext(lang.id)
    return {key: _(text) for key, text in WORDS.items()}
