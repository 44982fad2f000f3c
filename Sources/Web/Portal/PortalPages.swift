import Billing
import Mustache

/// The portal's pages as Mustache templates: plain HTML that needs no script, with the brand's tokens as style. The
/// style sheet is the only value that is not escaped.
enum PortalPages {
    static let library: MustacheLibrary = {
        do {
            return MustacheLibrary(templates: [
                "layout": try PageContent.template(layout),
                "sign-in": try PageContent.template(signIn),
                "task-list": try PageContent.template(taskList),
                "task-card": try PageContent.template(taskCard),
                "task": try PageContent.template(TaskPage.text),
                "decision-form": try PageContent.template(TaskPage.form),
                "decision-detail": try PageContent.template(TaskPage.detail),
                "signature-form": try PageContent.template(TaskPage.signature),
                "task-talk": try PageContent.template(TaskPage.talk),
                "substitutes": try PageContent.template(SubstitutesPage.text),
                "form-problem": try PageContent.template(FormProblem.card),
                "substitution": try PageContent.template(SubstitutesPage.entry),
                "password": try PageContent.template(PasswordPage.text),
                "message": try PageContent.template(message),
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
        <meta name="robots" content="noindex">
        <title>{{#problem}}Error: {{/problem}}{{title}} · {{brand.productName}}</title>
        <link rel="icon" href="data:,">
        <style nonce="{{nonce}}">
        {{{style}}}
        </style>
        </head>
        <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="bar">
        <a class="name" href="/portal">{{#brand.logo}}<img src="{{.}}" alt="">{{/brand.logo}}<span>{{brand.productName}}</span></a>
        {{#person}}<div class="person"><span>{{name}}</span>
        <form method="post" action="/portal/sign-out"><input type="hidden" name="form-token" value="{{formToken}}">
        <button>Sign out</button></form></div>{{/person}}
        </header>
        <main id="main">{{$content}}{{/content}}</main>
        <footer>{{#brand.support}}<a href="{{href}}">Help: {{label}}</a>{{/brand.support}}
        {{#brand.links}}<a href="{{url}}">{{label}}</a>
        {{/brand.links}}</footer>
        </body>
        </html>
        """

    private static let signIn = """
        {{<layout}}{{$content}}
        <h1>Sign in</h1>
        {{#problem}}<p class="card error" role="alert" id="problem">{{.}}</p>{{/problem}}
        {{#notice}}<p class="card notice" role="status">{{.}}</p>{{/notice}}
        <form class="card" method="post" action="/portal/sign-in">
        <input type="hidden" name="next" value="{{next}}">
        <fieldset><legend>With your e-mail address</legend>
        <label for="email">E-mail address</label>
        <input id="email" name="email" type="email" autocomplete="username" value="{{email}}"{{#problem}} aria-describedby="problem"{{/problem}}>
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password"{{#problem}} aria-describedby="problem"{{/problem}}>
        </fieldset>
        <fieldset><legend>Or with an API key</legend>
        <label for="key">API key</label>
        <input id="key" name="key" type="password" autocomplete="off" spellcheck="false" aria-describedby="key-hint">
        <p class="hint" id="key-hint">It begins with mw_. Leave the fields above empty.</p>
        </fieldset>
        <button class="primary">Sign in</button>
        </form>
        {{/content}}{{/layout}}
        """

    private static let taskCard = """
        <li><a class="card" href="{{href}}"><strong>{{title}}</strong>
        <div class="meta">{{plant}} · {{workflow}} · for {{role}}</div>
        {{#due}}<div class="meta">{{#isLate}}<span class="late">Overdue</span> since {{/isLate}}{{^isLate}}Due {{/isLate}}<time datetime="{{machine}}">{{text}}</time>, {{distance}}</div>{{/due}}
        {{#urgent}}<div class="meta">Priority {{.}}</div>{{/urgent}}
        {{#followUp}}<div class="meta">Follow up {{distance}}: <time datetime="{{machine}}">{{text}}</time></div>{{/followUp}}
        {{#takenBy}}<div class="meta">Taken by {{.}}</div>{{/takenBy}}{{#forAbsent}}<div class="meta">For {{.}}, who is away</div>{{/forAbsent}}</a></li>
        """

    private static let taskList = """
        {{<layout}}{{$content}}
        <h1>{{title}}</h1>
        {{#notice}}<p class="card notice" role="status">{{.}}</p>{{/notice}}
        {{#hasOwn}}<h2>Taken by you</h2>
        <ul class="tasks">{{#own}}{{>task-card}}{{/own}}</ul>{{/hasOwn}}
        {{#hasBehalf}}<h2>For those who are away</h2>
        <ul class="tasks">{{#onBehalf}}{{>task-card}}{{/onBehalf}}</ul>{{/hasBehalf}}
        {{#hasHeading}}<h2>Waiting</h2>{{/hasHeading}}
        {{#hasWaiting}}<ul class="tasks">{{#waiting}}{{>task-card}}{{/waiting}}</ul>{{/hasWaiting}}
        {{^hasWaiting}}<p class="card">{{nothing}}</p>{{/hasWaiting}}
        {{#more}}<p><a href="{{.}}">Show more tasks</a></p>{{/more}}
        {{#filter}}<p><a href="{{href}}">{{label}}</a></p>{{/filter}}
        <p><a href="/portal/substitutes">Who decides while you are away</a></p>
        {{#mayChangePassword}}<p><a href="/portal/password">Change your password</a></p>{{/mayChangePassword}}
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
