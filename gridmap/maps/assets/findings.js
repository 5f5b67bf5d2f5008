/* What the plan itself says was lost, repaired, estimated or excepted: for planners only. */
(function (gm) {
  "use strict";

  const byId = (id) => document.getElementById(id);

  gm.Findings = function (model, text) {
    const findings = model.data.findings || [];
    this.label = () => undefined;
    if (!findings.length && !model.data.seed) return;
    const panel = new gm.Panel("show-findings", "findings");

    function row(finding) {
      const zh = text.language === "zh";
      const item = gm.element("li", finding.severity);
      item.appendChild(gm.element("b", "", text("severity_" + finding.severity)));
      const told = finding.withheld
        ? text("finding_withheld", { code: finding.code })
        : finding[zh ? "zh" : "en"];
      item.appendChild(gm.element("span", "", told));
      const cure = finding[zh ? "cure_zh" : "cure_en"];
      if (cure) item.appendChild(gm.element("small", "", cure));
      return item;
    }

    this.label = () => {
      panel.label(text("findings"), text("close"));
      byId("seed").textContent = model.data.seed ? text("seed", { seed: model.data.seed }) : "";
      const list = byId("finding-list");
      list.textContent = "";
      findings.forEach((finding) => list.appendChild(row(finding)));
    };
  };
})((window.gridmap = window.gridmap || {}));
