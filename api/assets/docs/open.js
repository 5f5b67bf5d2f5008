"use strict";
// validatorUrl null: the badge would ask a server on the internet
window.ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#service",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
});
