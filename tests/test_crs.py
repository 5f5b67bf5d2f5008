"""Datums, the stored and the measuring system, and the shifts of Chinese web maps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod

from gridmap.crs import (
    CHINA_BOX,
    DATUMS,
    convert_points,
    lonlat_transform,
    metric_crs,
    parse_datum,
    prefixed_twin,
    storage_crs,
    to_bd09,
    to_gcj02,
)
from gridmap.errors import InvalidOption, UnknownName

GEOD = Geod(ellps="WGS84")
IN_CHINA = st.tuples(st.floats(CHINA_BOX[0], CHINA_BOX[2]), st.floats(CHINA_BOX[1], CHINA_BOX[3]))


def metres(lon1: Any, lat1: Any, lon2: Any, lat2: Any) -> Any:
    return GEOD.inv(lon1, lat1, lon2, lat2)[2]


@given(IN_CHINA, st.sampled_from(["gcj02", "bd09"]))
@settings(max_examples=200, deadline=None)
def test_the_inverse_of_a_web_datum_is_exact_to_a_fifth_of_a_millimetre(
    place: Any, datum: str
) -> None:
    lon, lat = np.array([place[0]]), np.array([place[1]])
    forward = to_gcj02 if datum == "gcj02" else to_bd09
    back = convert_points(*forward(lon, lat), datum=datum)
    assert metres(lon, lat, *back)[0] < 2e-4


def test_the_forward_formulas_give_the_published_examples() -> None:
    lon, lat = to_gcj02([116.404], [39.915])
    assert lon[0] == pytest.approx(116.41024449916938, abs=1e-11)
    assert lat[0] == pytest.approx(39.91640428150164, abs=1e-11)
    gcj_lon, gcj_lat = convert_points([116.404], [39.915], datum="gcj02")
    lon, lat = to_bd09(gcj_lon, gcj_lat)
    assert lon[0] == pytest.approx(116.41036949371029, abs=1e-9)
    assert lat[0] == pytest.approx(39.92133699351021, abs=1e-9)


def test_web_datums_are_off_by_more_than_a_grid() -> None:
    lon, lat = np.array([106.83]), np.array([27.54])
    assert 450 < metres(lon, lat, *to_gcj02(lon, lat))[0] < 650
    assert metres(lon, lat, *to_bd09(lon, lat))[0] > 650


def test_gcj02_is_no_shift_outside_its_box() -> None:
    lon, lat = convert_points([9.5], [47.1], datum="gcj02")
    assert (lon[0], lat[0]) == (9.5, 47.1)


@given(IN_CHINA)
@settings(max_examples=50, deadline=None)
def test_the_metric_zone_is_that_of_the_centre(place: Any) -> None:
    code = metric_crs(*place).to_epsg()
    assert 4534 <= code <= 4554
    meridian = 75 + 3 * (code - 4534)
    assert abs(place[0] - meridian) <= 1.5 + 1e-9


@given(st.floats(-180, 180), st.floats(-90, 90))
@settings(max_examples=50, deadline=None)
def test_every_place_on_earth_has_a_metric_system(lon: float, lat: float) -> None:
    system = metric_crs(lon, lat)
    assert system.is_projected
    assert storage_crs(lon, lat).is_geographic


def test_liechtenstein_is_measured_in_utm_32_and_stored_in_wgs84() -> None:
    assert metric_crs(9.55, 47.15).to_epsg() == 32632
    assert storage_crs(9.55, 47.15).to_epsg() == 4326
    assert storage_crs(9.55, 47.15, chinese=True).to_epsg() == 4490


def test_a_centre_off_the_earth_is_refused() -> None:
    with pytest.raises(InvalidOption):
        metric_crs(200, 10)


@pytest.mark.parametrize(
    "text",
    [
        "mars",
        "",
        "EPSG:999999",
        "+proj=longlat +nadgrids=/etc/passwd",
        "+proj=pipeline +step +proj=utm +zone=32",
        "+init=epsg:4326",
        "+proj=utm +zone=" + "9" * 500,
        "/etc/passwd",
        '{"type":"GeographicCRS"}',
    ],
)
def test_what_is_no_datum_is_refused(text: Any) -> None:
    with pytest.raises(UnknownName):
        parse_datum(text, allow_proj=True)


def test_a_proj_string_is_for_planners_not_for_requests() -> None:
    text = "+proj=tmerc +lon_0=113.5 +x_0=500000 +ellps=GRS80"
    assert isinstance(parse_datum(text, allow_proj=True), CRS)
    with pytest.raises(UnknownName):
        parse_datum(text)


@pytest.mark.parametrize("datum", DATUMS)
def test_what_is_no_place_comes_back_as_nan(datum: str) -> None:
    lon, lat = convert_points(
        [113.0, np.nan, np.inf, 113.0], [23.0, 23.0, 23.0, 230.0], datum=datum
    )
    assert np.isfinite(lon[0])
    assert np.isnan(lon[1:]).all()
    assert np.isnan(lat[1:]).all()


def test_cgcs2000_and_wgs84_count_as_equal() -> None:
    for datum in ("cgcs2000", "wgs84", "EPSG:4490", "EPSG:4326"):
        lon, lat = convert_points([113.1], [23.0], datum=datum)
        assert (lon[0], lat[0]) == (113.1, 23.0)


def test_prefixed_and_plain_eastings_are_the_same_place() -> None:
    plain = convert_points([512345.0], [2545678.0], datum="EPSG:4547")
    prefixed = convert_points([38512345.0], [2545678.0], datum="EPSG:4526")
    assert metres(*plain, *prefixed)[0] < 1e-6
    assert prefixed_twin(CRS.from_epsg(4547)).to_epsg() == 4526
    assert prefixed_twin(CRS.from_epsg(3857)) is None


def test_a_shift_without_parameters_is_called_ballpark() -> None:
    _, shift = lonlat_transform(CRS.from_epsg(4214), np.array([87.6]), np.array([43.8]))
    assert shift.ballpark
    _, shift = lonlat_transform(CRS.from_epsg(21781), np.array([757000.0]), np.array([222000.0]))
    assert not shift.ballpark
    assert shift.accuracy_m <= 2
