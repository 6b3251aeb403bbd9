"""How the API answers: JSON or GeoJSON by the request's `Accept`, and one shape for every error."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import Response, request

from geo.features import Feature, features_to_collection, point_to_feature
from streams.codec import encode

JSON, GEOJSON = "application/json", "application/geo+json"


class Problem(Exception):
    """An answer other than success: status, a code for programs, a message for people, and what else to say."""

    def __init__(self, status: int, code: str, message: str, retry_after_s: int | None = None, **more: Any):
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s
        self.more = more

    def response(self) -> Response:
        answered = answer({"error": {"code": self.code, "message": self.message}} | self.more, self.status)
        if self.retry_after_s is not None:
            answered.headers["Retry-After"] = str(self.retry_after_s)
        return answered


def bad(message: str, **more: Any) -> Problem:
    """A 400: what was wrong and what is right."""
    return Problem(400, "bad_request", message, **more)


def answer(body: Any, status: int = 200, mimetype: str = JSON) -> Response:
    response = Response(encode(body), status, mimetype=mimetype)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "Accept"
    return response


def wants_geojson() -> bool:
    return request.accept_mimetypes.best_match([JSON, GEOJSON], default=JSON) == GEOJSON


def answer_places(body: Mapping[str, Any], features: Callable[[], Iterable[Feature]]) -> Response:
    """`body` as it is, or as a FeatureCollection whose other members are those of `body` that are not lists."""
    if not wants_geojson():
        return answer(body)
    rest = {name: value for name, value in body.items() if not isinstance(value, list | dict)}
    return answer(features_to_collection(features()) | rest, mimetype=GEOJSON)


def document_feature(document: Mapping[str, Any], feature_id: str) -> Feature:
    """A document as a point, or without geometry when its place is not known."""
    rest = {name: value for name, value in document.items() if name not in ("lat", "lng")}
    lat, lng = document.get("lat"), document.get("lng")
    if lat is None or lng is None:
        return {"type": "Feature", "id": feature_id, "geometry": None, "properties": rest}
    return point_to_feature(lat, lng, rest, feature_id)
