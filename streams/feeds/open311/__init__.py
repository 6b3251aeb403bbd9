"""Open311 GeoReport v2: a city's published service requests, polled and told as events of cases."""
