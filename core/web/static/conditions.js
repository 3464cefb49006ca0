// Fields that depend on other fields. The server enforces the same, so everything works without this.
//   data-enabled-when="import_orders=enabled order_status=custom"   a fieldset, disabled unless all hold
//   data-required-when="order_status=custom"                        a control, required if all hold
//   data-shown-when="order_number_source=amazon"                    anything, hidden unless all hold
(function () {
  "use strict";
  function value(form, name) {
    var control = form.elements[name];
    return control ? control.value : "";
  }
  function holds(form, conditions) {
    return conditions.split(" ").every(function (condition) {
      var place = condition.indexOf("=");
      return value(form, condition.slice(0, place)) === condition.slice(place + 1);
    });
  }
  function each(form, name, use) {
    form.querySelectorAll("[data-" + name + "]").forEach(function (element) {
      use(element, holds(form, element.getAttribute("data-" + name)));
    });
  }
  function update(form) {
    each(form, "enabled-when", function (element, is) { element.disabled = !is; });
    each(form, "required-when", function (element, is) { element.required = is; });
    each(form, "shown-when", function (element, is) {
      element.hidden = !is;
      if (element.tagName === "FIELDSET") { element.disabled = !is; }
    });
  }
  document.querySelectorAll("form[data-conditions]").forEach(function (form) {
    form.addEventListener("change", function () { update(form); });
    update(form);
  });
})();
