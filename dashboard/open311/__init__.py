"""Open311 GeoReport v2: outside apps and portals file into the hotline, and cases go on to bodies that speak it."""
