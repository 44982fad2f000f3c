/// The page of an invoice. It is in the program and not in a file, so that a running process cannot lose it. The values
/// in the style sheet are validated tokens; everything else is escaped.
enum InvoiceTemplate {
    static let text = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{{title}} – {{issuer}}</title>
        <style>
        @page { size: A4; margin: 15mm; }
        * { box-sizing: border-box; }
        body { margin: 0; background: {{{background}}}; color: {{{text}}}; font: 15px/1.5 {{{font}}};
          overflow-wrap: anywhere; }
        main { max-width: 52rem; margin: 0 auto; background: {{{surface}}}; padding: 2rem; }
        header { background: {{{primary}}}; color: {{{onPrimary}}}; margin: -2rem -2rem 2rem; padding: 1.5rem 2rem;
          display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: center;
          -webkit-print-color-adjust: exact; print-color-adjust: exact; }
        header img { max-height: 3rem; max-width: 12rem; }
        h1 { margin: 0; font-size: 1.5rem; }
        h2 { font-size: 1rem; margin: 2rem 0 .5rem; break-after: avoid; }
        a { color: inherit; }
        dl { display: grid; grid-template-columns: max-content auto; gap: .25rem 1.5rem; margin: 0; }
        dt { font-weight: 600; }
        dd { margin: 0; }
        table { border-collapse: collapse; width: 100%; }
        th, td { text-align: left; vertical-align: top; padding: .35rem .5rem; overflow-wrap: break-word;
          border-bottom: 1px solid rgba(128, 128, 128, .4); }
        td:first-child { overflow-wrap: anywhere; min-width: 4.5rem; }
        tr { break-inside: avoid; }
        tr.meter { break-after: avoid; }
        tr.meter th { padding-top: .9rem; }
        tr.meter a { font-weight: 400; font-size: .85rem; margin-left: .5rem; }
        td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
        td.n { white-space: nowrap; }
        tr.total td { border-top: 2px solid {{{primary}}}; border-bottom: 0; font-weight: 700; font-size: 1.15rem; }
        .draft { border: 2px dashed {{{primary}}}; padding: .5rem 1rem; margin: 0 0 1.5rem; font-weight: 700; }
        footer { margin-top: 2rem; font-size: .85rem; break-inside: avoid; }
        @media print { body, main { background: none; } main { padding: 0; max-width: none; }
          header { margin: 0 0 1.25rem; padding: 1rem 1.25rem; } h2 { margin-top: 1.25rem; } footer { margin-top: 1.25rem; }
          body { font-size: 10pt; } th, td { padding: .25rem .4rem; } }
        @media (max-width: 30rem) { main { padding: 1rem; } header { margin: -1rem -1rem 1rem; padding: 1rem; }
          body { font-size: 13px; } th, td { padding: .3rem .15rem; } td:first-child { min-width: 3rem; } }
        @media (max-width: 22rem) { body { font-size: 11.5px; } }
        </style>
        </head>
        <body>
        <main>
        <header>
        {{#logo}}<img src="{{logo}}" alt="">{{/logo}}
        <h1>{{title}}</h1>
        </header>
        {{#isDraft}}<p class="draft">This is a draft. Amounts can still change until the period is invoiced.</p>
        {{/isDraft}}
        <dl>
        <dt>From</dt><dd>{{issuer}}</dd>
        <dt>To</dt><dd>{{payer}}</dd>
        {{#number}}<dt>Number</dt><dd>{{number}}</dd>
        {{/number}}
        <dt>Period</dt><dd>{{period}} (UTC)</dd>
        {{#date}}<dt>Date</dt><dd>{{date}}</dd>
        {{/date}}
        </dl>
        <h2>What is charged</h2>
        <table>
        <thead><tr><th scope="col">Item</th><th scope="col" class="n">Quantity</th><th scope="col" class="n">Unit price</th><th scope="col" class="n">Amount, {{currency}}</th></tr></thead>
        <tbody>
        {{#sections}}
        <tr class="meter"><th colspan="4" scope="rowgroup">{{title}}{{#records}} <a href="{{.}}">records and runs</a>{{/records}}</th></tr>
        {{#lines}}
        <tr><td>{{text}}</td><td class="n">{{quantity}}</td><td class="n">{{unitPrice}}</td><td class="n">{{amount}}</td></tr>
        {{/lines}}
        {{/sections}}
        <tr class="total"><td colspan="2">Total</td><td colspan="2" class="n">{{total}} {{currency}}</td></tr>
        </tbody>
        </table>
        {{#hasUsage}}
        <h2>What was used, by plant</h2>
        <table>
        <thead><tr><th scope="col">Plant</th><th scope="col">Of what</th><th scope="col" class="n">Quantity</th>{{#hasLate}}<th scope="col" class="n">of which late</th>{{/hasLate}}<th scope="col" class="n">Records</th></tr></thead>
        <tbody>
        {{#usage}}
        <tr><td>{{plant}}</td><td>{{meter}}</td><td class="n">{{quantity}}</td>{{#hasLate}}<td class="n">{{late}}</td>{{/hasLate}}<td class="n">{{records}}</td></tr>
        {{/usage}}
        </tbody>
        </table>
        {{/hasUsage}}
        <footer>
        <p>Net amounts. Each line is rounded {{rounding}} to the minor unit of the currency; the total is the sum of the lines.
        {{#hasLate}}Late usage occurred before the period and was recorded after its invoice. {{/hasLate}}The links beside the items lead, for whoever has an API key, to every record that was counted and the run that caused it.</p>
        {{#support}}<p>Questions: {{support}}</p>
        {{/support}}
        <p>{{#links}}<a href="{{url}}">{{label}}</a> {{/links}}</p>
        </footer>
        </main>
        </body>
        </html>

        """
}
