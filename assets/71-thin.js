/* Areas that a recommendation leaves thin: hatched on the map, never by colour alone. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const GAP_REM = 0.55;

  /* Rings in world pixels of the areas that dash-leaflet drew, by their names. */
  function ringsByArea(map, property) {
    const found = new Map();
    map.eachLayer((layer) => {
      const name = layer.feature?.properties?.[property];
      if (name === undefined || !layer.getLatLngs) return;
      const rings = outerRings(layer.getLatLngs()).map((ring) => ring.map(({ lat, lng }) => [hexwatch.worldX(lng), hexwatch.worldY(lat)]));
      found.set(name, [...(found.get(name) || []), ...rings]);
    });
    return found;
  }

  /* A polygon is [ring, hole…], several are [[ring, hole…], …]. */
  function outerRings(latLngs) {
    if (!latLngs.length) return [];
    if (!Array.isArray(latLngs[0])) return [latLngs];
    return Array.isArray(latLngs[0][0]) ? latLngs.map((polygon) => polygon[0]) : [latLngs[0]];
  }

  function thinLayer(L) {
    return hexwatch.canvasLayer(L).extend({
      setup: function (look) {
        this.look = look; // {line}
        this.rings = [];
        this.remPx = 16;
      },

      show: function (rings) {
        this.rings = rings;
        this.redraw();
      },

      paint: function (context, view) {
        for (const ring of this.rings) {
          hexwatch.traceRing(context, ring, view);
          context.save();
          context.clip();
          hexwatch.hatchRing(context, ring, view, GAP_REM * this.remPx, this.look.line);
          context.restore();
          hexwatch.traceRing(context, ring, view);
          context.setLineDash([this.remPx * 0.5, this.remPx * 0.35]);
          context.lineWidth = 2;
          context.strokeStyle = this.look.line;
          context.stroke();
          context.setLineDash([]);
        }
      },
    });
  }

  Object.assign(hexwatch, { thinLayer, ringsByArea, outerRings });
})(typeof window === "undefined" ? globalThis : window);
