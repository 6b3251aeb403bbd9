"""The story bar's door: what plays, and what somebody clicked. Only a demo on loopback has it."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from dashboard.access import Access
from dashboard.story import BadAct, Story, check_act, shown

# Another site's page cannot set a header without asking this server first, which it is not allowed to.
STORY_HEADER = "X-Hexwatch-Story"


def story_routes(story: Story, access: Access) -> Blueprint:
    """`GET /story` and `POST /story`."""
    blueprint = Blueprint("story", __name__)

    @blueprint.before_request
    def refuse_strangers() -> tuple[Response, int] | None:
        if access.live_principal(request) is None:
            return jsonify(error="sign in"), 401
        if request.method == "POST" and STORY_HEADER not in request.headers:
            return jsonify(error=f"the header {STORY_HEADER} is needed"), 403
        return None

    @blueprint.get("/story")
    def get_story() -> Response:
        """The scene, the next one, and the proof that everything sent was counted."""
        return jsonify(shown(story, request.args.get("lang", "en")[:10].partition("_")[0]))

    @blueprint.post("/story")
    def act() -> tuple[Response, int]:
        """`{act: next}`, `{act: scene, name}` or `{act: kill, name: engine}`."""
        try:
            story.ask(check_act(request.get_json(silent=True)))
        except BadAct as error:
            return jsonify(error=str(error)), 400
        return jsonify(accepted=True), 202

    return blueprint
