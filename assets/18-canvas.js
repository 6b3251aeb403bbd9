/* A Leaflet layer that is one canvas, drawn at the screen's own pixels and carried along by Leaflet's zoom animation. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const MARGIN = 0.15; // of the view, drawn beyond each edge, so that a drag does not bare the ground

  function worldX(lng) {
    return 256 * (lng / 360 + 0.5);
  }

  /* Web Mercator at zoom 0, the same sphere as Leaflet's EPSG:3857. */
  function worldY(lat) {
    const sine = Math.sin((lat * Math.PI) / 180);
    return 256 * (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI));
  }

  /* Made when Leaflet is there: dash-leaflet brings it as a global. */
  function canvasLayer(L) {
    return L.Layer.extend({
      initialize: function (paneName, zIndex) {
        this._paneName = paneName;
        this._zIndex = zIndex;
      },

      onAdd: function (map) {
        if (!map.getPane(this._paneName)) {
          const pane = map.createPane(this._paneName);
          pane.style.zIndex = this._zIndex;
          pane.style.pointerEvents = "none";
        }
        this._canvas = L.DomUtil.create("canvas", "leaflet-zoom-animated", map.getPane(this._paneName));
        this._context = this._canvas.getContext("2d");
        this.redraw();
      },

      onRemove: function () {
        cancelAnimationFrame(this._frame);
        this._frame = 0;
        this._canvas.remove();
      },

      getEvents: function () {
        return { viewreset: this.redraw, moveend: this._place, zoomend: this._place, resize: this._place, zoomanim: this._zoomTo };
      },

      /* Ask for one drawing in the next frame, however often it is asked. */
      redraw: function () {
        if (this._frame || !this._map) return;
        this._frame = requestAnimationFrame(() => {
          this._frame = 0;
          if (this._map && !this._map._animatingZoom) this._place();
        });
      },

      _zoomTo: function (event) {
        const scale = this._map.getZoomScale(event.zoom, this._drawnZoom);
        const corner = this._map._latLngToNewLayerPoint(this._corner, event.zoom, event.center);
        L.DomUtil.setTransform(this._canvas, corner, scale);
      },

      _place: function () {
        const map = this._map, size = map.getSize();
        if (!size.x || !size.y) return;
        const margin = size.multiplyBy(MARGIN).round();
        const ratio = root.devicePixelRatio || 1;
        const width = size.x + 2 * margin.x, height = size.y + 2 * margin.y;
        const corner = map.containerPointToLayerPoint(margin.multiplyBy(-1));
        const canvas = this._canvas;
        if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
          canvas.width = Math.round(width * ratio);
          canvas.height = Math.round(height * ratio);
          canvas.style.width = `${width}px`;
          canvas.style.height = `${height}px`;
        }
        L.DomUtil.setTransform(canvas, corner, 1);
        this._corner = map.layerPointToLatLng(corner);
        this._drawnZoom = map.getZoom();
        const origin = map.getPixelBounds().min.subtract(margin);
        const context = this._context;
        context.setTransform(ratio, 0, 0, ratio, 0, 0);
        context.clearRect(0, 0, width, height);
        this.paint(context, { scale: Math.pow(2, map.getZoom()), x: origin.x, y: origin.y, width, height });
      },
    });
  }

  Object.assign(hexwatch, { canvasLayer, worldX, worldY });
})(typeof window === "undefined" ? globalThis : window);
