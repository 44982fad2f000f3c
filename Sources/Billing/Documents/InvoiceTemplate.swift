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
        body { margin: 0; background: {{{background}}}; color: {{{text}}}; font: 15px/1.5 {{{font}}}; }
        main { max-width: 52rem; margin: 0 auto; background: {{{surface}}}; padding: 2rem; }
        header { background: {{{primary}}}; color: {{{onPrimary}}}; margin: -2rem -2rem 2rem; padding: 1.5rem 2rem; }
        header img { max-height: 3rem; max-width: 12rem; }
        h1 { margin: 0; font-size: 1.5rem; }
        h2 { font-size: 1rem; margin: 2rem 0 .5rem; }
        dl { display: grid; grid-template-columns: max-content auto; gap: .25rem 1.5rem; margin: 0; }
        dt { opacity: .7; }
        dd { margin: 0; }
        table { border-collapse: collapse; width: 100%; }
        th, td { text-align: left; padding: .35rem .5rem; border-bottom: 1px solid rgba(128, 128, 128, .3); }
        td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        tr.total td { border-top: 2px solid {{{primary}}}; border-bottom: 0; font-weight: 700; font-size: 1.15rem; }
        .draft { border: 2px dashed {{{primary}}}; padding: .5rem 1rem; margin: 0 0 1.5rem; font-weight: 700; }
        footer { margin-top: 2rem; font-size: .85rem; opacity: .8; }
        @media print { body { background: none; } main { padding: 0; } }
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
        <dt>Period</dt><dd>{{period}} (UTC)</dd>
        {{#date}}<dt>Date</dt><dd>{{date}}</dd>
        {{/date}}
        </dl>
        <h2>What is charged</h2>
        <table>
        <thead><tr><th></th><th class="n">Quantity</th><th class="n">Price</th><th class="n">{{currency}}</th></tr></thead>
        <tbody>
        {{#sections}}
        <tr><th colspan="4" scope="rowgroup">{{title}}</th></tr>
        {{#lines}}
        <tr><td>{{text}}</td><td class="n">{{quantity}}</td><td class="n">{{unitPrice}}</td><td class="n">{{amount}}</td></tr>
        {{/lines}}
        {{/sections}}
        <tr class="total"><td colspan="3">Total</td><td class="n">{{total}} {{currency}}</td></tr>
        </tbody>
        </table>
        {{#hasUsage}}
        <h2>What was used, by plant</h2>
        <table>
        <thead><tr><th>Plant</th><th></th><th class="n">Quantity</th>{{#hasLate}}<th class="n">of which late</th>{{/hasLate}}<th class="n">Records</th></tr></thead>
        <tbody>
        {{#usage}}
        <tr><td>{{plant}}</td><td>{{meter}}</td><td class="n">{{quantity}}</td>{{#hasLate}}<td class="n">{{late}}</td>{{/hasLate}}<td class="n">{{records}}</td></tr>
        {{/usage}}
        </tbody>
        </table>
        {{/hasUsage}}
        <footer>
        <p>Net amounts. Each line is rounded {{rounding}} to the minor unit of the currency; the total is the sum of the lines.
        {{#hasLate}}Late usage occurred before the period and was recorded after its invoice. {{/hasLate}}Each quantity can be followed to its records and runs in the portal and through the API.</p>
        {{#support}}<p>Questions: {{support}}</p>
        {{/support}}
        <p>{{#links}}<a href="{{url}}">{{label}}</a> {{/links}}</p>
        </footer>
        </main>
        </body>
        </html>

        """
}
