// A form of Cauce: shows it, sends the answers, tells what came of it. No cookies; the first touch is kept for the session.
(function () {
  'use strict';
  var form = __FORM__;
  var script = document.currentScript;
  var address = script ? script.src.replace(/\/form\.js([?#].*)?$/, '') : '/api/v1/capture/' + form.key;
  var clicks = ['utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content', 'gclid', 'fbclid', 'msclkid', 'ttclid'];

  // How the person came: what the first page of the session knew, kept until the tab is closed.
  function touch() {
    var kept = null;
    try { kept = JSON.parse(sessionStorage.getItem('cauce-touch')); } catch (error) { kept = null; }
    if (kept && typeof kept === 'object') { return kept; }
    var found = { page_url: location.href.slice(0, 500), referrer: document.referrer.slice(0, 500) };
    var query = new URLSearchParams(location.search);
    clicks.forEach(function (name) {
      if (query.get(name)) { found[name] = query.get(name).slice(0, 500); }
    });
    try { sessionStorage.setItem('cauce-touch', JSON.stringify(found)); } catch (error) { /* private windows */ }
    return found;
  }

  function element(name, properties, children) {
    var made = document.createElement(name);
    Object.keys(properties || {}).forEach(function (key) {
      if (key === 'text') { made.textContent = properties[key]; } else { made.setAttribute(key, properties[key]); }
    });
    (children || []).forEach(function (child) { made.appendChild(child); });
    return made;
  }

  var count = 0;

  function show(place) {
    count += 1;
    var prefix = 'cauce-' + form.key + '-' + count + '-';
    if (!form.active) { place.appendChild(element('p', { text: form.words.closed })); return; }
    var shown = Date.now();
    var body = element('form', { 'class': 'cauce-form', lang: form.language });
    var parts = {};

    function input(field, id) {
      var common = { id: id, name: field.name, 'aria-describedby': id + '-error' };
      if (field.required && field.input !== 'checkbox') { common.required = ''; }
      if (field.input === 'textarea') { common.maxlength = field.max_length; common.rows = 4; return element('textarea', common); }
      if (field.input === 'select') {
        var options = [element('option', { value: '', text: form.words.choose })];
        field.choices.forEach(function (choice) { options.push(element('option', { value: choice, text: choice })); });
        return element('select', common, options);
      }
      common.type = field.input;
      if (field.input === 'checkbox') { common.value = 'true'; return element('input', common); }
      if (field.input === 'number') { common.step = 'any'; } else if (field.input !== 'date') { common.maxlength = field.max_length; }
      common.autocomplete = field.autocomplete;
      return element('input', common);
    }

    function add(field) {
      var id = prefix + field.name;
      var error = element('span', { id: id + '-error', 'class': 'cauce-error', role: 'alert' });
      var controls;
      var whole;
      var mark = field.required ? ' *' : '';
      if (field.input === 'checkboxes') {
        controls = field.choices.map(function (choice, index) {
          return element('input', { type: 'checkbox', id: id + '-' + index, name: field.name, value: choice });
        });
        whole = element('fieldset', {}, [element('legend', { text: field.label + mark })]);
        controls.forEach(function (control) {
          whole.appendChild(control);
          whole.appendChild(element('label', { 'for': control.id, text: control.value }));
        });
      } else {
        controls = [input(field, id)];
        var label = element('label', { 'for': id, text: field.label + mark });
        whole = element('p', {}, field.input === 'checkbox' ? [controls[0], label] : [label, controls[0]]);
      }
      whole.appendChild(error);
      body.appendChild(whole);
      parts[field.name] = { field: field, controls: controls, error: error };
    }

    form.fields.forEach(add);
    if (form.consent) {
      add({ name: 'consent', label: form.consent.text, input: 'checkbox', required: form.consent.required });
      if (form.consent.required) { parts.consent.controls[0].required = true; }
    }
    // People do not see this one, and who fills it in is a program.
    var trap = element('input', { type: 'text', id: prefix + 'trap', name: 'confirm_url', tabindex: '-1', autocomplete: 'off' });
    var hidden = element('div', { 'aria-hidden': 'true' }, [element('label', { 'for': prefix + 'trap', text: form.words.trap }), trap]);
    hidden.style.position = 'absolute';
    hidden.style.left = '-10000px';
    body.appendChild(hidden);
    var button = element('button', { type: 'submit', text: form.words.send });
    var status = element('p', { 'class': 'cauce-status', role: 'status' });
    body.appendChild(button);
    body.appendChild(status);

    function value(part) {
      var kind = part.field.input;
      if (kind === 'checkbox') { return part.controls[0].checked; }
      if (kind === 'checkboxes') {
        return part.controls.filter(function (box) { return box.checked; }).map(function (box) { return box.value; });
      }
      return part.controls[0].value;
    }

    function tell(name, text) {
      var part = parts[name];
      if (!part) { return false; }
      part.error.textContent = text;
      part.controls.forEach(function (control) {
        if (text) { control.setAttribute('aria-invalid', 'true'); } else { control.removeAttribute('aria-invalid'); }
      });
      return true;
    }

    var sent = null;
    var key = null;
    var elapsed = 0;

    function send() {
      var answers = touch();
      answers.confirm_url = trap.value;
      Object.keys(parts).forEach(function (name) { answers[name] = value(parts[name]); });
      if (form.consent) { answers.consent_version = form.consent.version; }
      var text = JSON.stringify(answers);
      // The same answers under the same key are taken once, however often they are sent.
      if (text !== sent) {
        var random = crypto.getRandomValues(new Uint8Array(16));
        key = Array.prototype.map.call(random, function (byte) { return ('0' + byte.toString(16)).slice(-2); }).join('');
        sent = text;
        elapsed = Date.now() - shown;
      }
      answers.elapsed_ms = elapsed;
      return fetch(address, {
        method: 'POST', mode: 'cors', credentials: 'omit',
        headers: { 'Content-Type': 'application/json', 'Accept': 'application/json', 'Accept-Language': form.language, 'Idempotency-Key': key },
        body: JSON.stringify(answers)
      }).then(function (response) {
        return response.json().then(function (answer) { return { ok: response.ok, answer: answer }; });
      });
    }

    body.addEventListener('submit', function (event) {
      event.preventDefault();
      if (button.disabled) { return; }
      button.disabled = true;
      status.textContent = form.words.sending;
      Object.keys(parts).forEach(function (name) { tell(name, ''); });
      send().then(function (got) {
        if (got.ok) {
          var thanks = element('p', { 'class': 'cauce-thanks', role: 'status', text: got.answer.message });
          place.replaceChild(thanks, body);
          if (got.answer.redirect_url) { location.assign(got.answer.redirect_url); }
          return;
        }
        button.disabled = false;
        var told = (got.answer.errors || []).filter(function (error) { return tell((error.pointer || '').slice(1), error.detail); });
        status.textContent = told.length ? form.words.some : (got.answer.title || form.words.failed);
        if (told.length) { parts[told[0].pointer.slice(1)].controls[0].focus(); }
      }).catch(function () {
        button.disabled = false;
        status.textContent = form.words.failed;
      });
    });
    place.appendChild(body);
  }

  function start() {
    touch();
    var places = Array.prototype.filter.call(document.querySelectorAll('[data-cauce-form]'), function (place) {
      return place.getAttribute('data-cauce-form') === form.key && !place.hasAttribute('data-cauce-shown');
    });
    if (!places.length && script && script.parentNode && document.body && document.body.contains(script)) {
      var place = element('div', { 'data-cauce-form': form.key });
      script.parentNode.insertBefore(place, script);
      places = [place];
    }
    places.forEach(function (place) { place.setAttribute('data-cauce-shown', ''); show(place); });
  }

  if (document.readyState === 'loading') { document.addEventListener('DOMContentLoaded', start); } else { start(); }
})();
