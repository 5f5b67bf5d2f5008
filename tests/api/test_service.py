"""The service: what it answers, what it refuses, and what it never says."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

import api
from api.app import create_app
from api.serving import BackgroundServer, _WithoutMessages
from api.settings import Settings
from gridmap.errors import InvalidOption
from gridmap.locating import Release, locate_address, open_release, placement_as_dict
from gridmap.locating.examples import EAST, WEST, draw_plan

ASSETS = Path(api.__file__).parent / "assets"
SERVED = [
    ("GET", "/v1/locate"),
    ("GET", "/v1/resolve"),
    ("POST", "/v1/resolve"),
    ("POST", "/v1/batch"),
    ("GET", "/v1/grids"),
    ("GET", "/v1/grids/{grid_id}"),
    ("GET", "/v1/meta"),
    ("GET", "/map"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
]


@pytest.fixture(scope="module")
def release() -> Release:
    return open_release(draw_plan())


@pytest.fixture(scope="module")
def client(release: Release) -> Any:
    server = BackgroundServer(release)
    with httpx.Client(base_url=server.start()) as connected:
        yield connected
    server.stop()


def _is_problem(answer: httpx.Response, status: int, path: str) -> dict[str, Any]:
    document: dict[str, Any] = answer.json()
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert document["status"] == status
    assert document["instance"] == path
    for key in ("type", "title", "detail", "code"):
        assert document[key]
    assert re.search("[一-鿿]", document["title_zh"] + document["detail_zh"])
    return document


def test_a_point_is_located(client: httpx.Client) -> None:
    answer = client.get("/v1/locate?lon=113.1005&lat=22.9995&datum=cgcs2000")
    assert answer.status_code == 200
    item = answer.json()
    assert list(item) == ["decision", "grid", "address", "candidates", "faults", "point"]
    assert item["grid"]["grid_id"] == WEST
    assert item["grid"]["status"] == "unique"


def test_a_point_without_datum_is_refused_with_the_cure(client: httpx.Client) -> None:
    document = _is_problem(client.get("/v1/locate?lon=113.1&lat=23"), 422, "/v1/locate")
    assert "gcj02" in document["cure"]
    assert "gcj02" in document["cure_zh"]
    assert document["errors"] == [{"field": "datum", "en": "is missing", "zh": "缺少该项"}]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "lon=113&lat=23&datum=",
        "lon=113&lat=23&datum=mars",
        "lon=x&lat=23&datum=wgs84",
        "lon=nan&lat=23&datum=wgs84",
        "lon=inf&lat=23&datum=EPSG:4547",
        "lon=113&lat=1e400&datum=wgs84",
        "lon=23&lat=113&datum=gcj02",
        "lon=113&lat=23&datum=EPSG:999999",
        "lon=113&lat=23&datum=%2Bproj%3Dlonglat",
        "lon=113&lat=23&datum=" + "x" * 5000,
        "lon=113&lon=114&lat=&datum=wgs84",
    ],
)
def test_a_wrong_point_is_a_problem_document(client: httpx.Client, query: str) -> None:
    _is_problem(client.get(f"/v1/locate?{query}"), 422, "/v1/locate")


def test_an_address_is_resolved_by_get_and_by_post(client: httpx.Client, release: Release) -> None:
    text = "锦绣花园3栋2单元501室"
    expected = placement_as_dict(locate_address(release, text))
    assert client.get("/v1/resolve", params={"address": text}).json() == expected
    assert client.post("/v1/resolve", json={"address": text}).json() == expected
    assert expected["grid"]["grid_id"] == EAST  # type: ignore[index]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"x"', b"{}", b'{"address": 3}', b'{"address": ""}', b"\xff\xfe"],
)
def test_a_wrong_body_is_a_problem_document(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/v1/resolve", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    _is_problem(answer, answer.status_code, "/v1/resolve")


def test_no_problem_repeats_what_was_asked(client: httpx.Client) -> None:
    secret = "锦绣花园3栋2单元501室张三13800000000"
    answers = [
        client.post("/v1/resolve", json={"address": secret * 20}),
        client.post("/v1/resolve", json={secret: "x", "address": "a"}),
        client.post("/v1/batch", json={"items": secret}),
        client.get("/v1/resolve", params={"address": secret * 20}),
        client.get("/v1/locate", params={"lon": secret, "lat": secret, "datum": secret * 9}),
        client.get("/v1/grids", params={"kind": secret}),
    ]
    for answer in answers:
        assert answer.status_code == 422
        assert "张三" not in answer.text
        assert "138" not in answer.text


def test_a_batch_is_answered_in_order_and_survives_a_wrong_question(client: httpx.Client) -> None:
    items = [
        {"address": "锦绣花园1栋"},
        {"lon": 113.1035, "lat": 22.9995, "datum": "cgcs2000"},
        {"lon": 113.1, "lat": 23.0},
        {"address": "x", "lon": 1.0, "lat": 2.0},
        {},
        {"address": ""},
    ]
    answer = client.post("/v1/batch", json={"items": items}).json()
    grids = [item["grid"]["grid_id"] if "grid" in item else None for item in answer["results"]]
    assert grids == [WEST, EAST, None, None, None, None]
    codes = [item.get("error", {}).get("code") for item in answer["results"]]
    assert codes == [None, None, "invalid_option", "invalid_option", "invalid_option", None]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (None, "请求内容须为 JSON 对象。"),
        ("锦绣花园1栋", "请求内容须为 JSON 对象。"),
        ([], "请求内容须为 JSON 对象。"),
        (7, "请求内容须为 JSON 对象。"),
        ({"lon": "东", "lat": 23.0, "datum": "wgs84"}, "经度（lon）须为数字。"),
        ({"address": "路" * 201}, "地址（address）过长。"),
        ({"addres": "锦绣花园1栋"}, "请求内容含有未知的字段。"),
    ],
)
def test_one_wrong_item_of_a_batch_gets_an_error_in_its_place(
    client: httpx.Client, wrong: object, said: str
) -> None:
    items = [{"address": "锦绣花园1栋"}, wrong, {"address": "锦绣花园3栋"}]
    answer = client.post("/v1/batch", json={"items": items})
    assert answer.status_code == 200
    first, second, third = answer.json()["results"]
    assert (first["grid"]["grid_id"], third["grid"]["grid_id"]) == (WEST, EAST)
    assert second["error"]["code"] == "invalid_request"
    assert second["error"]["zh"] == said
    assert "锦绣花园1栋" not in json.dumps(second, ensure_ascii=False)


def test_an_unknown_datum_is_never_repeated(client: httpx.Client) -> None:
    hostile = "<script>alert(1)</script>"
    single = client.get("/v1/locate", params={"lon": 113, "lat": 23, "datum": hostile})
    document = _is_problem(single, 422, "/v1/locate")
    assert (document["code"], document["detail_zh"]) == ("unknown_name", "没有该坐标系。")
    assert "gcj02" in document["cure"]
    batch = client.post("/v1/batch", json={"items": [{"lon": 1, "lat": 2, "datum": hostile}]})
    assert batch.json()["results"][0]["error"]["code"] == "unknown_name"
    for answer in (single, batch):
        assert "script" not in answer.text


@pytest.mark.parametrize(
    ("query", "zh", "en"),
    [
        ("/v1/locate?lon=113&lat=23", "缺少坐标系（datum）。", "datum is missing."),
        ("/v1/grids?limit=0", "每页条数（limit）不能小于 1。", "limit must be at least 1."),
        ("/v1/locate?lon=x&lat=1&datum=a", "经度（lon）须为数字。", "lon must be a number."),
    ],
)
def test_a_wrong_field_is_said_as_a_person_would(
    client: httpx.Client, query: str, zh: str, en: str
) -> None:
    document = client.get(query).json()
    assert (document["detail_zh"], document["detail"]) == (zh, en)


def test_limits_are_kept(client: httpx.Client) -> None:
    too_many = client.post("/v1/batch", json={"items": [{"address": "a"}] * 1001})
    _is_problem(too_many, 422, "/v1/batch")
    _is_problem(client.post("/v1/batch", content=b"x" * 3_000_001), 413, "/v1/batch")

    def pieces() -> Any:
        for _ in range(31):
            yield b" " * 100_000

    document = _is_problem(client.post("/v1/batch", content=pieces()), 413, "/v1/batch")
    assert "3000000" in document["detail"]
    assert document["cure"]
    assert client.get("/healthz").status_code == 200


def test_grids_are_listed_page_by_page(client: httpx.Client) -> None:
    first = client.get("/v1/grids?limit=1").json()
    assert (first["total"], first["next_offset"], len(first["grids"])) == (2, 1, 1)
    second = client.get("/v1/grids?limit=1&offset=1").json()
    assert second["next_offset"] is None
    assert [page["grids"][0]["grid_id"] for page in (first, second)] == [WEST, EAST]
    assert client.get("/v1/grids?offset=99").json()["grids"] == []
    assert client.get("/v1/grids?community_id=C1&kind=general").json()["total"] == 2
    assert client.get("/v1/grids?kind=exclave").json()["total"] == 0
    assert client.get("/v1/grids?community_id=none").json()["total"] == 0
    _is_problem(client.get("/v1/grids?limit=0"), 422, "/v1/grids")
    _is_problem(client.get("/v1/grids?kind=other"), 422, "/v1/grids")


def test_a_grid_is_shown_by_id_and_by_code(client: httpx.Client) -> None:
    by_id = client.get(f"/v1/grids/{EAST}").json()
    assert client.get(f"/v1/grids/{by_id['code']}").json() == by_id
    assert by_id["households"] == 360
    document = _is_problem(client.get("/v1/grids/nope"), 404, "/v1/grids/nope")
    assert document["code"] == "unknown_grid"


def test_geojson_is_given_on_request(client: httpx.Client, release: Release) -> None:
    accept = {"accept": "application/geo+json"}
    one = client.get(f"/v1/grids/{EAST}", headers=accept)
    assert one.headers["content-type"] == "application/geo+json"
    assert one.json()["type"] == "Feature"
    assert one.json()["geometry"]["type"] == "Polygon"
    page = client.get("/v1/grids?format=geojson").json()
    assert page["type"] == "FeatureCollection"
    assert [feature["id"] for feature in page["features"]] == [WEST, EAST]
    box = release.plan.grids.loc[EAST].geometry.bounds
    assert page["features"][1]["bbox"] == pytest.approx(box, abs=1e-7)


def test_the_plan_is_described(client: httpx.Client, release: Release) -> None:
    meta = client.get("/v1/meta").json()
    assert meta["plan_version"] == release.version
    assert meta["grids"] == {"total": 2, "general": 2, "dedicated": 0, "exclave": 0}
    assert meta["datum"] == "CGCS2000"
    assert client.get("/readyz").json() == {"status": "ready", "plan_version": release.version}


def test_the_map_is_the_file_that_the_command_writes(
    client: httpx.Client, release: Release, tmp_path: Path
) -> None:
    from gridmap.maps import write_map

    write_map(release.plan, tmp_path / "map.html")
    assert client.get("/map").content == (tmp_path / "map.html").read_bytes()


def test_a_given_map_is_served(release: Release) -> None:
    app = create_app(release, map_html=b"<p>map</p>")
    assert app.state.service.map_page() == b"<p>map</p>"


def test_unknown_places_and_methods_are_problem_documents(client: httpx.Client) -> None:
    _is_problem(client.get("/nowhere"), 404, "/nowhere")
    _is_problem(client.get("/assets/nothing.js"), 404, "/assets/nothing.js")
    answer = client.delete("/v1/locate")
    _is_problem(answer, 405, "/v1/locate")
    assert answer.headers["allow"] == "GET"


def test_files_beside_the_assets_are_not_served(client: httpx.Client) -> None:
    for path in (
        "/assets/../app.py",
        "/assets/%2e%2e/app.py",
        "/assets/..%2fapp.py",
        "//etc/passwd",
    ):
        assert client.get(path).status_code == 404


def test_every_answer_carries_the_same_headers(client: httpx.Client, release: Release) -> None:
    for path in ("/healthz", "/v1/locate", "/nowhere", "/docs", "/map", "/v1/grids"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["gridmap-plan-version"] == release.version
        assert headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "server" not in headers


def test_the_documentation_page_asks_nobody_else(client: httpx.Client) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert links
    for link in links:
        assert link.startswith("/")
        assert client.get(link).status_code == 200
    script = client.get("/assets/docs/open.js").text
    assert "validatorUrl: null" in script
    assert "http" not in script.replace("https", "http").split("//", 1)[0]
    assert "script-src 'self'" in page.headers["content-security-policy"]


def test_vendored_files_are_the_ones_that_were_checked() -> None:
    folder = ASSETS / "swagger-ui"
    listed = dict(
        reversed(line.split("  ", 1))  # type: ignore[misc]
        for line in (folder / "SHA256SUMS").read_text("utf-8").splitlines()
    )
    present = {path.name for path in folder.iterdir()} - {"SHA256SUMS"}
    assert set(listed) == present
    for name, digest in listed.items():
        data = (folder / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == digest
        assert len(data) < 2_000_000


def test_openapi_describes_every_route_with_an_example(client: httpx.Client) -> None:
    schema = client.get("/openapi.json").json()
    described = [
        (method.upper(), path) for path, item in schema["paths"].items() for method in item
    ]
    assert sorted(described) == sorted(SERVED)
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            assert operation["summary"], (method, path)
            for parameter in operation.get("parameters", []):
                assert parameter.get("description"), (path, parameter["name"])
            if path.startswith("/v1"):
                content = operation["responses"]["200"]["content"]["application/json"]
                assert "example" in json.dumps(content), (method, path)
    locate = schema["paths"]["/v1/locate"]["get"]["parameters"]
    assert {p["name"]: p["required"] for p in locate} == dict.fromkeys(
        ("lon", "lat", "datum"), True
    )


def _troubles(schema: dict[str, Any]) -> dict[tuple[str, str], dict[str, list[dict[str, Any]]]]:
    """Return route -> status -> the problem documents that are shown of it."""
    return {
        (method.upper(), path): {
            status: [
                example["value"]
                for example in answer["content"]["application/problem+json"]["examples"].values()
            ]
            for status, answer in operation["responses"].items()
            if status != "200"
        }
        for path, item in schema["paths"].items()
        for method, operation in item.items()
    }


def test_openapi_documents_the_problems_that_a_route_can_answer_and_no_others(
    client: httpx.Client,
) -> None:
    from api.responses import Problem

    troubles = _troubles(client.get("/openapi.json").json())
    assert {route: sorted(shown) for route, shown in troubles.items()} == {
        ("GET", "/v1/locate"): ["422"],
        ("GET", "/v1/resolve"): ["422"],
        ("POST", "/v1/resolve"): ["400", "413", "422"],
        ("POST", "/v1/batch"): ["400", "413", "422"],
        ("GET", "/v1/grids"): ["422"],
        ("GET", "/v1/grids/{grid_id}"): ["404", "422"],
        ("GET", "/v1/meta"): [],
        ("GET", "/map"): [],
        ("GET", "/healthz"): [],
        ("GET", "/readyz"): ["503"],
    }
    for shown in troubles.values():
        for status, documents in shown.items():
            assert documents
            for document in documents:
                Problem.model_validate(document, strict=True)
                assert document["status"] == int(status)
                assert re.search("[一-鿿]", document["detail_zh"])


@pytest.mark.parametrize(
    ("route", "asked"),
    [
        ("/v1/locate", "/v1/locate?lon=113.11&lat=23.03"),
        ("/v1/locate", "/v1/locate?lon=x&lat=23.03&datum=gcj02"),
        ("/v1/locate", "/v1/locate?lon=113.11&lat=23.03&datum=gcj02&datum=wgs84"),
        ("/v1/locate", "/v1/locate?lon=113.11&lat=23.03&datum=mars"),
        ("/v1/resolve", "/v1/resolve"),
        ("/v1/resolve", "/v1/resolve?address=" + "x" * 201),
        ("/v1/grids", "/v1/grids?kind=x"),
        ("/v1/grids", "/v1/grids?limit=0"),
        ("/v1/grids/{grid_id}", "/v1/grids/g0"),
        ("/v1/grids/{grid_id}", "/v1/grids/g7f3a1c2?format=x"),
    ],
)
def test_a_problem_that_openapi_shows_is_the_one_that_is_answered(
    client: httpx.Client, route: str, asked: str
) -> None:
    shown = _troubles(client.get("/openapi.json").json())["GET", route]
    answer = client.get(asked)
    assert answer.json() in shown[str(answer.status_code)]


@pytest.mark.parametrize("route", ["/v1/resolve", "/v1/batch"])
@pytest.mark.parametrize("body", [b"{", b"{}", b'{"x": "\xff"}', b" " * 3_000_001])
def test_a_problem_of_a_body_that_openapi_shows_is_the_one_that_is_answered(
    client: httpx.Client, route: str, body: bytes
) -> None:
    shown = _troubles(client.get("/openapi.json").json())["POST", route]
    answer = client.post(route, content=body, headers={"content-type": "application/json"})
    assert answer.json() in shown[str(answer.status_code)]


def test_every_parameter_of_openapi_has_an_example(client: httpx.Client) -> None:
    for path, item in client.get("/openapi.json").json()["paths"].items():
        for operation in item.values():
            for parameter in operation.get("parameters", []):
                assert parameter["examples"], (path, parameter["name"])


@pytest.mark.parametrize(
    ("asked", "field", "said"),
    [
        ("locate?lon=1&lat=2&datum=wgs84&datum=gcj02", "datum", "坐标系（datum）重复给出。"),
        ("locate?lon=1&lon=1&lat=2&datum=wgs84", "lon", "经度（lon）重复给出。"),
        ("locate?lon=1&lat=2&lat=3&datum=wgs84", "lat", "纬度（lat）重复给出。"),
        ("resolve?address=a&address=b", "address", "地址（address）重复给出。"),
        ("resolve?address=a&address=", "address", "地址（address）重复给出。"),
        ("grids?limit=1&limit=2", "limit", "每页条数（limit）重复给出。"),
        ("grids?offset=1&offset=2", "offset", "跳过条数（offset）重复给出。"),
        ("grids?kind=&kind=exclave", "kind", "网格类型（kind）重复给出。"),
        (
            "grids?community_id=1&community_id=2",
            "community_id",
            "社区代码（community_id）重复给出。",
        ),
        ("grids?format=json&format=geojson", "format", "格式（format）重复给出。"),
        (f"grids/{WEST}?format=json&format=geojson", "format", "格式（format）重复给出。"),
    ],
)
def test_a_parameter_that_is_given_twice_is_refused(
    client: httpx.Client, asked: str, field: str, said: str
) -> None:
    path = "/v1/" + asked.split("?", maxsplit=1)[0]
    document = _is_problem(client.get("/v1/" + asked), 422, path)
    assert [error["field"] for error in document["errors"]] == [field]
    assert document["detail_zh"] == said


def test_the_largest_batch_fits_however_its_characters_are_escaped(client: httpx.Client) -> None:
    items = [{"address": "\U00020000" * 200}] * 1000
    body = json.dumps({"items": items}, ensure_ascii=True, indent=4).encode("ascii")
    assert len(body) > 2_400_000
    answer = client.post("/v1/batch", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 200
    assert len(answer.json()["results"]) == 1000


def test_answers_have_the_shape_that_openapi_promises(client: httpx.Client) -> None:
    from api.responses import GridItem, GridPage, Meta, PlacementItem

    PlacementItem.model_validate(
        client.get("/v1/locate?lon=113.1005&lat=22.9995&datum=gcj02").json(), strict=True
    )
    PlacementItem.model_validate(client.get("/v1/resolve?address=锦绣花园").json(), strict=True)
    GridPage.model_validate(client.get("/v1/grids").json(), strict=True)
    GridItem.model_validate(client.get(f"/v1/grids/{WEST}").json(), strict=True)
    Meta.model_validate(client.get("/v1/meta").json(), strict=True)


def test_nothing_that_was_asked_is_logged(
    client: httpx.Client, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG, logger="uvicorn"):
        client.get("/v1/resolve", params={"address": "锦绣花园3栋"})
        client.get("/v1/locate", params={"lon": "锦绣"})
    said = "".join(capfd.readouterr()) + " ".join(
        record.getMessage() for record in caplog.records if record.name.startswith("uvicorn")
    )
    assert "锦绣" not in said
    assert "%E9" not in said


def test_a_failure_is_logged_without_its_message() -> None:
    try:
        raise ValueError("锦绣花园3栋")
    except ValueError as problem:
        record = logging.LogRecord(
            "uvicorn.error",
            logging.ERROR,
            "x",
            1,
            "Exception %s",
            (1,),
            (type(problem), problem, problem.__traceback__),
        )
    assert _WithoutMessages().filter(record)
    assert "ValueError" in record.getMessage()
    assert "锦绣" not in record.getMessage()
    assert record.exc_info is None


def test_a_failure_is_a_problem_document_without_its_message(release: Release) -> None:
    app = create_app(release)

    @app.get("/broken")
    def broken() -> None:
        raise ValueError("锦绣花园3栋")

    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as connected:
            return await connected.get("/broken")

    import asyncio

    answer = asyncio.run(ask())
    _is_problem(answer, 500, "/broken")
    assert "锦绣" not in answer.text


def test_a_taken_port_is_said(release: Release) -> None:
    first = BackgroundServer(release)
    url = first.start()
    try:
        second = BackgroundServer(release, port=int(url.rsplit(":", 1)[1]))
        with pytest.raises(InvalidOption, match="can't listen"):
            second.start()
    finally:
        first.stop()
        first.stop()


def test_settings_outside_their_range_are_refused() -> None:
    with pytest.raises(InvalidOption):
        Settings(max_batch=0)
    with pytest.raises(InvalidOption):
        Settings(default_page=10, max_page=5)
    with pytest.raises(InvalidOption, match="26000000 bytes"):
        Settings(max_batch=10_000)
    assert Settings(max_batch=10_000, max_body_bytes=26_000_000).max_batch == 10_000


def test_a_malformed_request_line_gets_a_plain_400(release: Release) -> None:
    server = BackgroundServer(release)
    port = int(server.start().rsplit(":", 1)[1])
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
            raw.sendall(b"NONSENSE\r\n\r\n")
            answer = b"".join(iter(lambda: raw.recv(4096), b""))
    finally:
        server.stop()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"text/plain" in answer
    assert b"NONSENSE" not in answer
    said = (Path(__file__).parents[2] / "docs" / "service.md").read_text("utf-8")
    assert answer.rsplit(b"\r\n", 1)[1].decode() in said
