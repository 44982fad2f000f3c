import Execution
import Primitives
import Tenancy

/// The page on which a person names who decides while it is away, and ends that.
enum SubstitutesPage {
    static let text = """
        {{<layout}}{{$content}}
        <p><a href="/portal">All tasks</a></p>
        <h1>{{title}}</h1>
        {{>form-problem}}
        {{#notice}}<p class="card notice" role="status">{{.}}</p>{{/notice}}
        {{#own}}<section class="card" aria-labelledby="s{{id}}"><h2 id="s{{id}}">{{substitute}} decides for you</h2>{{>substitution}}</section>{{/own}}
        {{#others}}<section class="card" aria-labelledby="s{{id}}"><h2 id="s{{id}}">You decide for {{absent}}</h2>{{>substitution}}</section>{{/others}}
        {{#mayName}}<form class="card" method="post" action="/portal/substitutes">
        <h2>Name a substitute</h2>
        <input type="hidden" name="form-token" value="{{formToken}}">
        {{#onlyPlace}}<input type="hidden" name="place" value="{{value}}"><p class="meta">{{label}}</p>{{/onlyPlace}}
        {{#choosesPlace}}<label for="place">Where</label>
        {{#placeMistakes}}<p class="mistake" id="place-about">{{.}}</p>{{/placeMistakes}}
        <select id="place" name="place" required{{#placeMistakes}} aria-invalid="true" aria-describedby="place-about"{{/placeMistakes}}>{{#places}}<option value="{{value}}"{{#isSelected}} selected{{/isSelected}}>{{label}}</option>{{/places}}</select>{{/choosesPlace}}
        <label for="substitute">E-mail address of your substitute</label>
        {{#substituteMistakes}}<p class="mistake" id="substitute-about">{{.}}</p>{{/substituteMistakes}}
        <input id="substitute" name="substitute" type="email" value="{{substitute}}" required{{#substituteMistakes}} aria-invalid="true" aria-describedby="substitute-about"{{/substituteMistakes}}>
        <label for="from">First day <span class="hint">(today, if left empty)</span></label>
        {{#fromMistakes}}<p class="mistake" id="from-about">{{.}}</p>{{/fromMistakes}}
        <input id="from" name="from" type="date" value="{{from}}"{{#fromMistakes}} aria-invalid="true" aria-describedby="from-about"{{/fromMistakes}}>
        <label for="until">Last day</label>
        {{#untilMistakes}}<p class="mistake" id="until-about">{{.}}</p>{{/untilMistakes}}
        <input id="until" name="until" type="date" value="{{until}}" required{{#untilMistakes}} aria-invalid="true" aria-describedby="until-about"{{/untilMistakes}}>
        <label for="role">For</label>
        <select id="role" name="role"><option value="">all tasks that you may decide</option>{{#roles}}<option value="{{value}}"{{#isSelected}} selected{{/isSelected}}>tasks for {{label}}</option>{{/roles}}</select>
        <p class="hint">Days begin and end by the clock of the plant. Your substitute needs the role of a task too, unless an administrator lends it. A decision names you both.</p>
        <button class="primary">Name the substitute</button>
        </form>{{/mayName}}
        {{^mayName}}<p class="card">Your roles do not decide tasks, so that nobody needs to decide for you.</p>{{/mayName}}
        {{/content}}{{/layout}}
        """

    static let entry = """
        <p class="meta">{{place}}{{#role}} · only tasks for {{.}}{{/role}}{{#lends}} · with the roles lent{{/lends}}</p>
        <p class="meta">From <time datetime="{{from.machine}}">{{from.text}}</time> until <time datetime="{{until.machine}}">{{until.text}}</time></p>
        {{#mayEnd}}<form method="post" action="{{action}}"><input type="hidden" name="form-token" value="{{formToken}}"><button>End it now</button></form>{{/mayEnd}}
        """

    /// A place in which a person can name a substitute: a plant, or a client with all its plants.
    struct Option {
        var scope: TenantScope
        var place: TenantPlace

        var value: String { "\(scope.plantID?.description ?? scope.clientID?.description ?? "")" }
        var label: String { scope.plantID == nil ? "All plants of \(place.name)" : place.name }

        /// Days are the plant's. A client's plants may lie in several zones: for all of them it is UTC.
        func time(now: Timestamp) -> PlantTime { PlantTime(zoneName: place.timeZone, now: now) }
    }

    static func context(_ options: [Option], _ roles: [Role], _ attempt: Portal.Attempt?) -> [String: Any] {
        let posted = attempt?.form
        var context: [String: Any] = [
            "mayName": !options.isEmpty, "choosesPlace": options.count > 1,
            "places": options.map { option -> [String: Any] in
                ["value": option.value, "label": option.label, "isSelected": posted?["place"] == option.value]
            },
            "roles": roles.map { role -> [String: Any] in
                [
                    "value": role.rawValue, "label": EvidenceTable.words(role.rawValue),
                    "isSelected": posted?["role"] == role.rawValue,
                ]
            },
        ]
        if options.count == 1 { context["onlyPlace"] = ["value": options[0].value, "label": options[0].label] }
        for name in ["substitute", "from", "until"] { context[name] = posted?[name] ?? "" }
        if let attempt { context.merge(FormProblem.context(attempt.problem, of: fields)) { $1 } }
        return context
    }

    private static let fields = ["place", "substitute", "from", "until"]
}
