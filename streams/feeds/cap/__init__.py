"""Warnings from outside by the Common Alerting Protocol (CAP 1.1 and 1.2): read, judged, and brought into the inbox."""
