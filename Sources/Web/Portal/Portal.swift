package import Execution
import HTTPTypes
package import Hummingbird
package import Primitives
package import Tenancy

/// The pages on which people work: sign in, see what waits for them, decide. Plain HTML under the brand of whoever the
/// person belongs to; before that is known, of the host name.
package struct Portal: Sendable {
    let authenticator: Authenticator
    let principals: PrincipalDirectory
    let sessions: SessionStore
    let brands: BrandDirectory
    let tenants: TenantDirectory
    let humanTasks: HumanTaskService
    let limits: RequestLimits
    let cookiesNeedHTTPS: Bool
    let clock: any WallClock

    /// - Parameter cookiesNeedHTTPS: whether browsers reach the portal by `https` alone. Without it the cookie is bound
    ///   to `https` for those requests of which a proxy says that they came by it.
    package init(
        authenticator: Authenticator, principals: PrincipalDirectory, sessions: SessionStore, brands: BrandDirectory,
        tenants: TenantDirectory, humanTasks: HumanTaskService, limits: RequestLimits, cookiesNeedHTTPS: Bool = false,
        clock: any WallClock = SystemWallClock()
    ) {
        self.authenticator = authenticator
        self.principals = principals
        self.sessions = sessions
        self.brands = brands
        self.tenants = tenants
        self.humanTasks = humanTasks
        self.limits = limits
        self.cookiesNeedHTTPS = cookiesNeedHTTPS
        self.clock = clock
    }

    package func addRoutes(to router: Router<MillwrightContext>) {
        router.add(middleware: UnknownPages(portal: self))
        router.get("/") { _, _ in Self.redirect("/portal") }
        let pages: [(HTTPRequest.Method, RouterPath, Page)] = [
            (.get, "/portal/sign-in", signInPage), (.post, "/portal/sign-in", signIn),
            (.post, "/portal/sign-out", signOut), (.get, "/portal", taskList),
            (.get, "/portal/password", passwordPage), (.post, "/portal/password", changePassword),
            (.get, "/portal/plants/:plant/tasks/:task", taskPage),
            (.post, "/portal/plants/:plant/tasks/:task", decide),
            (.post, "/portal/plants/:plant/tasks/:task/claim", claim),
            (.post, "/portal/plants/:plant/tasks/:task/release", release),
            (.post, "/portal/plants/:plant/tasks/:task/delegate", delegate),
            (.post, "/portal/plants/:plant/tasks/:task/reassign", reassign),
            (.post, "/portal/plants/:plant/tasks/:task/comment", comment),
            (.post, "/portal/plants/:plant/tasks/:task/evidence", attach),
            (.get, "/portal/plants/:plant/tasks/:task/evidence/:evidence", download),
            (.get, "/portal/substitutes", substitutesPage), (.post, "/portal/substitutes", nameSubstitute),
            (.post, "/portal/substitutes/:substitution/end", endSubstitution),
        ]
        for (method, path, page) in pages {
            router.on(path, method: method) { request, context in await guarded(request, context, page) }
        }
    }

    fileprivate typealias Page = @Sendable (Request, MillwrightContext) async throws -> Response

    /// A problem becomes a page that a person can read; who is not signed in is asked to.
    fileprivate func guarded(_ request: Request, _ context: MillwrightContext, _ page: Page) async -> Response {
        do {
            return try await page(request, context)
        } catch let problem as Problem where problem.code == .unauthenticated {
            return askToSignIn(request)
        } catch let refusal as RateRefusal {
            // Without looking who it is, which would count again.
            var response = await render(
                "message", ["title": "Too much at once", "text": refusal.problem.detail], request, nil,
                status: .init(code: refusal.problem.code.httpStatus))
            refusal.write(to: &response.headers)
            return response
        } catch {
            let problem = ErrorMapping.problem(for: error, logger: context.logger)
            let title =
                switch problem.code {
                case .notFound: "This is not here"
                case .forbidden: "This was refused"
                default: "This did not work"
                }
            let visitor = try? await visitor(request, context)
            return await render(
                "message", ["title": title, "text": problem.detail], request, visitor,
                status: .init(code: problem.code.httpStatus))
        }
    }

    // MARK: Who is there

    struct Visitor {
        var principal: Principal
        var token: String
        var session: SessionStore.Session
        /// Whether the session was opened with a password: only then can the person sign.
        var canSign: Bool

        var formToken: String { session.formToken }
    }

    /// - Throws: `unauthenticated` without a session, and when the session's principal or key may act no longer.
    func visitor(_ request: Request, _ context: MillwrightContext) async throws -> Visitor {
        guard let token = SessionCookie.token(in: request.headers) else {
            throw Problem(.unauthenticated, "Sign in first.")
        }
        guard let session = try await sessions.session(token), let principal = try await holder(of: session) else {
            try await limits.refused(origin(of: request, context))
            throw Problem(.unauthenticated, "Sign in first.")
        }
        _ = try await limits.admit(principal.id)
        return Visitor(
            principal: principal, token: token, session: session,
            canSign: session.keyID == nil && principal.kind == .user)
    }

    /// Whose session it is; `nil` when it has ended with the password, the key, or the principal's leave to act.
    func holder(of session: SessionStore.Session) async throws -> Principal? {
        let principal = try await authenticator.principal(session.principalID, signedInWith: session.keyID)
        return principal?.sessionGeneration == session.generation ? principal : nil
    }

    func origin(of request: Request, _ context: MillwrightContext) -> String {
        limits.origin(request.headers, socket: context.origin)
    }

    /// That the form is the visitor's own: another site cannot know its token.
    func check(_ token: String, of visitor: Visitor) throws {
        guard Redacted(Array(visitor.formToken.utf8)).matches(Array(token.utf8)) else {
            throw Problem(
                .forbidden, "The form does not belong to your session, so nothing was recorded. Open the page again.")
        }
    }

    /// A form of the portal's own, sent from one of the visitor's pages.
    func form(_ request: Request, of visitor: Visitor) async throws -> FormBody {
        let form = try await FormBody.read(request)
        try check(form["form-token"], of: visitor)
        return form
    }
}

/// A path of the portal that there is not is answered with a page: it is a person who reads it.
private struct UnknownPages: RouterMiddleware {
    typealias Context = MillwrightContext
    let portal: Portal

    @concurrent
    func handle(
        _ request: Request, context: MillwrightContext,
        next: @concurrent (Request, MillwrightContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where request.uri.path.hasPrefix("/portal") {
            guard error.status == .notFound || error.status == .methodNotAllowed else { throw error }
            return await portal.guarded(request, context) { _, _ in throw Problem.notFound("page") }
        }
    }
}
