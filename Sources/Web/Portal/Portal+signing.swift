import HTTPTypes
import Hummingbird
import Primitives
import Tenancy

/// Signing in and out.
extension Portal {
    /// Why somebody who did not ask for it sees the sign-in page.
    enum Reason: String {
        case ended, lost
        case out, changed

        var sentence: String {
            switch self {
            case .ended: "Your session has ended. Sign in to go on."
            case .lost: "Your session had ended, so what you sent was not recorded. Sign in and enter it again."
            case .out: "You are signed out."
            case .changed: "Your password is changed. Sign in with the new one."
            }
        }
    }

    func signInPage(_ request: Request, _ context: MillwrightContext) async throws -> Response {
        let query = request.uri.queryParameters
        let notice = query["reason"].flatMap { Reason(rawValue: String($0)) }?.sentence
        return await signInPage(request, notice: notice, next: query["next"].map(String.init))
    }

    private func signInPage(
        _ request: Request, problem: Problem? = nil, notice: String? = nil, email: String = "", next: String?
    ) async -> Response {
        var page: [String: Any] = ["title": "Sign in", "email": email, "next": Self.ownPath(next)]
        if let problem { page["problem"] = problem.detail }
        if let notice { page["notice"] = notice }
        return await render(
            "sign-in", page, request, nil, status: problem.map { .init(code: $0.code.httpStatus) } ?? .ok)
    }

    func signIn(_ request: Request, _ context: MillwrightContext) async throws -> Response {
        let origin = origin(of: request, context)
        try await limits.admitSignIn(origin)
        let form = try await FormBody.read(request)
        try checkSite(request)
        do {
            let found = try await identified(form, request, origin)
            try await endFormer(request, origin)
            let token = try await sessions.begin(found, from: origin)
            return redirect(Self.ownPath(form["next"]), with: token, request)
        } catch let problem as Problem where [.unauthenticated, .tooManyRequests].contains(problem.code) {
            return await signInPage(request, problem: problem, email: form["email"], next: form["next"])
        }
    }

    /// Never a session that was there before: somebody else may know its token.
    private func endFormer(_ request: Request, _ origin: String) async throws {
        guard let token = SessionCookie.token(in: request.headers), let session = try await sessions.session(token)
        else { return }
        try await sessions.end(
            token, session, of: try await holder(of: session), reason: "The same browser signed in anew.", from: origin)
    }

    /// - Throws: `unauthenticated`, which says the same whatever was wrong.
    private func identified(
        _ form: FormBody, _ request: Request, _ origin: String
    ) async throws -> AuthenticatedPrincipal {
        let host = request.head.authority ?? ""
        let within = try await brands.scope(ofHost: host)?.partnerID
        let found: AuthenticatedPrincipal?
        if form["key"].isEmpty {
            found = try await authenticator.signIn(
                email: form["email"], password: Redacted(form["password"]), within: within, from: origin)
        } else {
            found = try await authenticator.authenticate(
                apiKey: String(form["key"].trimmingPrefix(while: \.isWhitespace)))
        }
        // Under a partner's name only that partner's people are known.
        guard let found, within == nil || found.principal.home.partnerID == within else {
            throw Problem(
                .unauthenticated,
                "That did not fit. Check what you entered and try again. After several wrong passwords an account "
                    + "rests for five minutes.")
        }
        return found
    }

    /// Nobody is signed in by another site's form: what they then entered would be seen by whoever owns the account.
    /// There is no session yet that a token could belong to, so the browser is asked where the form came from.
    private func checkSite(_ request: Request) throws {
        let isOwn: Bool
        if let site = request.headers[.secFetchSite] {
            isOwn = site == "same-origin" || site == "none"
        } else if let origin = request.headers[.origin] {
            isOwn = origin.split(separator: "/").last.map(String.init) == request.head.authority
        } else {
            isOwn = true
        }
        guard isOwn else { throw Problem(.forbidden, "Another site tried to sign you in. Use the page here instead.") }
    }

    func signOut(_ request: Request, _ context: MillwrightContext) async throws -> Response {
        let visitor = try await visitor(request, context)
        _ = try await form(request, of: visitor)
        try await sessions.end(
            visitor.token, visitor.session, of: visitor.principal, from: origin(of: request, context))
        var response = Self.redirect("/portal/sign-in?reason=out")
        response.headers[.setCookie] = cookie("", 0, request)
        return response
    }

    /// Back to where the visitor was; a form that comes too late leads to its page.
    func askToSignIn(_ request: Request) -> Response {
        var path = request.uri.path
        for action in ["/claim", "/release", "/delegate", "/reassign", "/comment", "/evidence"]
        where path.hasSuffix(action) { path.removeLast(action.count) }
        if path.hasPrefix(Self.substitutesPath + "/") { path = Self.substitutesPath }
        if path == "/portal/sign-out" { return Self.redirect("/portal/sign-in?reason=out") }
        var target = "/portal/sign-in?next=" + Self.ownPath(path)
        if SessionCookie.token(in: request.headers) != nil {
            target += "&reason=" + (request.method == .post ? Reason.lost : .ended).rawValue
        }
        return Self.redirect(target)
    }

    /// Leads on, with the token of a session that has just begun or goes on.
    func redirect(_ path: String, with token: Redacted<String>, _ request: Request) -> Response {
        var response = Self.redirect(path)
        response.headers[.setCookie] = cookie(token.reveal(), SessionStore.lifetimeHours * 3600, request)
        return response
    }

    private func cookie(_ token: String, _ seconds: Int, _ request: Request) -> String {
        let isSecure = cookiesNeedHTTPS || request.headers[.xForwardedProto]?.lowercased() == "https"
        return SessionCookie.text(token, seconds: seconds, isSecure: isSecure)
    }

    /// Only a path of the portal itself: anything else would let a link lead people away after signing in.
    private static func ownPath(_ path: String?) -> String {
        guard let path, path == "/portal" || path.hasPrefix("/portal/"), !path.contains("//"), path.utf8.count <= 500,
            path.utf8.allSatisfy({ byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "/-".utf8.contains(byte)
            })
        else { return "/portal" }
        return path
    }
}

/// The cookie that holds a session's token. It goes to the portal alone, and no script can read it; `Lax`, so that a
/// link in a mail leads to the task and not to the sign-in page.
enum SessionCookie {
    static let name = "mw_session"

    static func text(_ token: String, seconds: Int, isSecure: Bool) -> String {
        "\(name)=\(token); Path=/portal; Max-Age=\(seconds); HttpOnly; SameSite=Lax" + (isSecure ? "; Secure" : "")
    }

    static func token(in headers: HTTPFields) -> String? {
        for field in headers[values: .cookie] {
            for pair in field.split(separator: ";") {
                let parts = pair.split(separator: "=", maxSplits: 1).map { $0.trimmingPrefix(" ") }
                if parts.count == 2, parts[0] == name { return String(parts[1]) }
            }
        }
        return nil
    }
}
