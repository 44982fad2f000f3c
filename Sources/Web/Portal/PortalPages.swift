import Mustache

/// The portal's pages as Mustache templates: plain HTML that needs no script, with the brand's tokens as style.
enum PortalPages {
    static let library: MustacheLibrary = {
        do {
            return MustacheLibrary(templates: [
                "layout": try MustacheTemplate(string: layout),
                "sign-in": try MustacheTemplate(string: signIn),
                "task-list": try MustacheTemplate(string: taskList),
                "task": try MustacheTemplate(string: task),
                "message": try MustacheTemplate(string: message),
            ])
        } catch {
            preconditionFailure("a page of the portal is no Mustache template: \(error)")
        }
    }()

    private static let layout = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{{title}} · {{brand.productName}}</title>
        <style>
        :root { --primary: {{brand.primary}}; --on-primary: {{brand.onPrimary}}; --accent: {{brand.accent}};
          --background: {{brand.background}}; --surface: {{brand.surface}}; --text: {{brand.text}}; }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--background); color: var(--text);
          font: 1rem/1.5 {{{brand.font}}}; }
        header { background: var(--primary); color: var(--on-primary); padding: .75rem 1rem;
          display: flex; gap: 1rem; align-items: center; flex-wrap: wrap; }
        header a, header button { color: inherit; }
        header img { height: 2rem; } header strong { flex: 1; font-size: 1.1rem; }
        header form { margin: 0; }
        header button { background: none; border: 1px solid currentColor; }
        main { max-width: 46rem; margin: 0 auto; padding: 1rem; }
        h1 { font-size: 1.35rem; line-height: 1.25; margin: .5rem 0 1rem; }
        .card { background: var(--surface); border-radius: .5rem; padding: 1rem; margin: 0 0 1rem;
          box-shadow: 0 1px 3px rgb(0 0 0 / .15); overflow-wrap: anywhere; }
        a.card { display: block; color: inherit; text-decoration: none; border-left: .35rem solid var(--accent); }
        a.card:hover, a.card:focus { outline: 2px solid var(--accent); }
        .meta { font-size: .9rem; opacity: .8; }
        dl { display: grid; grid-template-columns: minmax(6rem, auto) 1fr; gap: .25rem 1rem; margin: 0; }
        dt { font-weight: 600; } dd { margin: 0; white-space: pre-wrap; }
        label { display: block; font-weight: 600; margin: .75rem 0 .25rem; }
        label.choice { font-weight: 400; display: flex; gap: .5rem; align-items: center; padding: .5rem 0; margin: 0; }
        input, textarea, select, button { font: inherit; padding: .6rem; border-radius: .375rem; border: 1px solid #888; }
        input:not([type=radio]):not([type=checkbox]), textarea, select { width: 100%; }
        input[type=radio], input[type=checkbox] { width: 1.3rem; height: 1.3rem; }
        button { cursor: pointer; }
        button.primary { background: var(--primary); color: var(--on-primary); border-color: var(--primary);
          width: 100%; margin-top: 1rem; min-height: 3rem; font-weight: 600; }
        .error { border-left: .35rem solid #b00020; }
        .hint { font-size: .9rem; opacity: .8; }
        pre { white-space: pre-wrap; margin: 0; font: inherit; }
        footer { text-align: center; padding: 1rem; font-size: .85rem; }
        footer a { color: inherit; margin: 0 .5rem; }
        </style>
        </head>
        <body>
        <header>
        {{#brand.logo}}<img src="{{.}}" alt="">{{/brand.logo}}<strong>{{brand.productName}}</strong>
        {{#person}}<span>{{name}}</span>
        <form method="post" action="/portal/sign-out"><input type="hidden" name="form-token" value="{{formToken}}">
        <button>Sign out</button></form>{{/person}}
        </header>
        <main>{{$content}}{{/content}}</main>
        <footer>{{#brand.support}}<a href="{{href}}">{{label}}</a>{{/brand.support}}
        {{#brand.links}}<a href="{{url}}">{{label}}</a>{{/brand.links}}</footer>
        </body>
        </html>
        """

    private static let signIn = """
        {{<layout}}{{$content}}
        <h1>Sign in</h1>
        {{#error}}<p class="card error" role="alert">{{.}}</p>{{/error}}
        <form class="card" method="post" action="/portal/sign-in">
        <label for="email">E-mail address</label>
        <input id="email" name="email" type="email" autocomplete="username" value="{{email}}">
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password">
        <p class="hint">or</p>
        <label for="key">API key</label>
        <input id="key" name="key" type="password" autocomplete="off">
        <input type="hidden" name="next" value="{{next}}">
        <button class="primary">Sign in</button>
        </form>
        {{/content}}{{/layout}}
        """

    private static let taskList = """
        {{<layout}}{{$content}}
        <h1>{{title}}</h1>
        {{#notice}}<p class="card" role="status">{{.}}</p>{{/notice}}
        {{#tasks}}
        <a class="card" href="{{href}}"><strong>{{title}}</strong>
        <div class="meta">{{plant}} · {{workflow}} · {{role}}</div>
        <div class="meta">{{#due}}Due {{.}}{{/due}}{{#assignee}} · taken by {{.}}{{/assignee}}</div></a>
        {{/tasks}}
        {{^tasks}}<p class="card">Nothing is waiting for you. New tasks appear here; reload the page to look again.</p>{{/tasks}}
        {{#next}}<p><a href="{{.}}">Show more</a></p>{{/next}}
        {{/content}}{{/layout}}
        """

    private static let task = """
        {{<layout}}{{$content}}
        <p><a href="/portal">All tasks</a></p>
        <h1>{{title}}</h1>
        {{#error}}<div class="card error" role="alert"><strong>{{message}}</strong>
        <ul>{{#items}}<li>{{.}}</li>{{/items}}</ul></div>{{/error}}
        <div class="card"><p class="meta">{{plant}} · {{workflow}} · for {{role}}{{#due}} · due {{.}}{{/due}}</p>
        {{#description}}<pre>{{.}}</pre>{{/description}}</div>
        {{#hasEvidence}}<div class="card"><dl>{{#evidence}}<dt>{{name}}</dt><dd>{{value}}</dd>{{/evidence}}</dl></div>{{/hasEvidence}}
        {{#decision}}<div class="card"><strong>{{outcome}}</strong>
        <p class="meta">{{by}}, {{at}}</p>{{#reason}}<p>{{.}}</p>{{/reason}}</div>{{/decision}}
        {{#isOpen}}
        <form class="card" method="post" action="{{action}}">
        <input type="hidden" name="form-token" value="{{formToken}}">
        {{#fields}}
        <label for="{{id}}">{{label}}{{#isRequired}} *{{/isRequired}}</label>
        {{#hint}}<p class="hint">{{.}}</p>{{/hint}}
        {{#isChoice}}<select id="{{id}}" name="{{id}}">{{^isRequired}}<option value=""></option>{{/isRequired}}{{#options}}<option{{#isSelected}} selected{{/isSelected}}>{{value}}</option>{{/options}}</select>{{/isChoice}}
        {{#isLongText}}<textarea id="{{id}}" name="{{id}}" rows="3">{{value}}</textarea>{{/isLongText}}
        {{#isCheckbox}}<label class="choice"><input type="checkbox" id="{{id}}" name="{{id}}" value="true"{{#isChecked}} checked{{/isChecked}}> Yes</label>{{/isCheckbox}}
        {{#isInput}}<input id="{{id}}" name="{{id}}" type="{{inputType}}" value="{{value}}"{{#step}} step="{{.}}"{{/step}}>{{/isInput}}
        {{/fields}}
        <label>Decision *</label>
        {{#outcomes}}<label class="choice"><input type="radio" name="outcome" value="{{name}}" required{{#isSelected}} checked{{/isSelected}}> {{label}}{{#requiresReason}} <span class="hint">(needs a reason)</span>{{/requiresReason}}</label>{{/outcomes}}
        <label for="reason">Reason</label>
        <textarea id="reason" name="reason" rows="3">{{reason}}</textarea>
        <button class="primary">Decide</button>
        </form>
        {{/isOpen}}
        {{/content}}{{/layout}}
        """

    private static let message = """
        {{<layout}}{{$content}}
        <h1>{{title}}</h1>
        <p class="card">{{text}}</p>
        <p><a href="/portal">To the task list</a></p>
        {{/content}}{{/layout}}
        """
}
