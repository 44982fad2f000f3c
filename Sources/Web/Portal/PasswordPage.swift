import Primitives

/// The page on which a person changes the password.
enum PasswordPage {
    static let text = """
        {{<layout}}{{$content}}
        <p><a href="/portal">All tasks</a></p>
        <h1>{{title}}</h1>
        {{>form-problem}}
        {{#notice}}<p class="card notice" role="status">{{.}}</p>{{/notice}}
        <form class="card" method="post" action="/portal/password">
        <input type="hidden" name="form-token" value="{{formToken}}">
        <label for="email">E-mail address</label>
        <input id="email" type="email" autocomplete="username" value="{{email}}" readonly>
        <label for="current">Your password until now</label>
        {{#currentMistakes}}<p class="mistake" id="current-about">{{.}}</p>{{/currentMistakes}}
        <input id="current" name="current" type="password" autocomplete="current-password" required{{#currentMistakes}} aria-invalid="true" aria-describedby="current-about"{{/currentMistakes}}>
        <label for="password">New password</label>
        {{#passwordMistakes}}<p class="mistake" id="password-about">{{.}}</p>{{/passwordMistakes}}
        <input id="password" name="password" type="password" autocomplete="new-password" required aria-describedby="password-hint{{#passwordMistakes}} password-about{{/passwordMistakes}}"{{#passwordMistakes}} aria-invalid="true"{{/passwordMistakes}}>
        <p class="hint" id="password-hint">At least 12 characters. Several words that only you would put together are easy to remember and hard to guess.</p>
        <label for="again">New password again</label>
        {{#againMistakes}}<p class="mistake" id="again-about">{{.}}</p>{{/againMistakes}}
        <input id="again" name="again" type="password" autocomplete="new-password" required{{#againMistakes}} aria-invalid="true" aria-describedby="again-about"{{/againMistakes}}>
        <p class="hint">You stay signed in here. Everywhere else you are signed out at once.</p>
        <button class="primary">Change the password</button>
        </form>
        {{/content}}{{/layout}}
        """

    /// What was typed is never sent back.
    static func context(_ email: String?, _ problem: Problem?) -> [String: Any] {
        var context: [String: Any] = ["title": "Change your password", "email": email ?? ""]
        if let problem { context.merge(FormProblem.context(problem, of: ["current", "password", "again"])) { $1 } }
        return context
    }
}
