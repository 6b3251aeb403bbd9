"""Where things are: H3 cells, areas, cities and their days. Imports nothing of ours; slow libraries only when used."""
