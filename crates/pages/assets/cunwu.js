// Conveniences only: every page is complete without this file. No storage, no requests.
(function () {
  "use strict";
  var each = function (selector, act) { Array.prototype.forEach.call(document.querySelectorAll(selector), act); };

  // folds the finished steps before the last one; the reader can open them
  each("ol.steps", function (list) {
    var items = Array.prototype.slice.call(list.children), past = [];
    for (var i = 0; i < items.length && items[i].className === "done"; i++) past.push(items[i]);
    past.pop();
    if (past.length < 2 || past.length + 1 === items.length) return;
    var show = list.getAttribute("data-show").replace("{n}", past.length), hide = list.getAttribute("data-hide");
    var line = document.createElement("p"), button = document.createElement("button");
    line.className = "fold";
    button.type = "button";
    line.appendChild(button);
    list.parentNode.insertBefore(line, list);
    var set = function (folded) {
      past.forEach(function (item) { item.hidden = folded; });
      button.textContent = folded ? show : hide;
      button.setAttribute("aria-expanded", String(!folded));
    };
    button.addEventListener("click", function () { set(!past[0].hidden); });
    if (!past.some(function (item) { return location.hash && item.querySelector(location.hash); })) set(true); else set(false);
  });

  // the amount in capital characters while it is typed, by the rules of the server's rmb_upper
  var digits = "零壹贰叁肆伍陆柒捌玖";
  var section = function (n) {
    var out = "", zero = false, started = false;
    [[1000, "仟"], [100, "佰"], [10, "拾"], [1, ""]].forEach(function (place) {
      var d = Math.floor(n / place[0]) % 10;
      if (!d) { zero = started; return; }
      if (zero) { out += "零"; zero = false; }
      out += digits.charAt(d) + place[1];
      started = true;
    });
    return out;
  };
  var rest = function (n, highest) { return n ? (n < highest ? "零" : "") + integer(n) : ""; };
  var integer = function (n) {
    if (n >= 1e8) return integer(Math.floor(n / 1e8)) + "亿" + rest(n % 1e8, 1e7);
    if (n >= 1e4) return section(Math.floor(n / 1e4)) + "万" + rest(n % 1e4, 1e3);
    return section(n);
  };
  var upper = function (text) {
    text = text.replace(/[\uff01-\uff5e]/g, function (c) { return String.fromCharCode(c.charCodeAt(0) - 0xfee0); })
      .replace(/[\s\u3000]/g, "").replace(/。/g, ".").replace(/^[¥￥]/, "").replace(/元整?$/, "");
    if (/,/.test(text)) {
      if (!/^\d{1,3}(,\d{3})+(\.\d{1,2})?$/.test(text)) return "";
      text = text.replace(/,/g, "");
    }
    // beyond 12 digits before the point a script's numbers are not exact: the server's echo stands
    var parts = /^(\d{1,12})(?:\.(\d{1,2}))?$/.exec(text);
    if (!parts) return "";
    var whole = Number(parts[1]), cents = Number(((parts[2] || "") + "00").slice(0, 2));
    var jiao = Math.floor(cents / 10), fen = cents % 10, out = "";
    if (whole) out = integer(whole) + "元"; else if (!cents) out = "零元";
    if (jiao) out += digits.charAt(jiao) + "角"; else if (fen && whole) out += "零";
    return out + (fen ? digits.charAt(fen) + "分" : "整");
  };
  each("input[data-capitals]", function (input) {
    var output = document.getElementById(input.getAttribute("data-capitals"));
    if (output) input.addEventListener("input", function () { output.textContent = upper(input.value); });
  });

  // a button in place of the sentence that tells how to print
  each("[data-print]", function (line) {
    var button = document.createElement("button");
    button.type = "button";
    button.className = "button quiet";
    button.textContent = line.getAttribute("data-print");
    button.addEventListener("click", function () { window.print(); });
    line.textContent = "";
    line.appendChild(button);
  });

  // on paper nothing is folded
  window.addEventListener("beforeprint", function () { each("details", function (d) { d.open = true; }); });

  each(".error-summary", function (box) { box.focus(); });
})();
