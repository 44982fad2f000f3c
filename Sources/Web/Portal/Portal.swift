package import Execution
import HTTPTypes
package import Hummingbird
import JSON
import Mustache
import NIOCore
import Primitives
package import Tenancy

/// The pages on which people work: sign in, see what waits for them, decide. Plain HTML under the brand of whoever the
/// person belongs to; before that is known, of the host name.
package struct Portal: Sendable {
    static let cookieName = "mw_session"

    let authenticator: Authenticator
    let sessions: SessionStore
    let brands: BrandDirectory
    let tenants: TenantDirectory
    let humanTasks: HumanTaskService
    let limits: RequestLimits

    package init(
        authenticator: Authenticator, sessions: SessionStore, brands: BrandDirectory, tenants: TenantDirectory,
        humanTasks: HumanTaskService, limits: RequestLimits
    ) {
        self.authenticator = authenticator
        self.sessions = sessions
        self.brands = brands
        self.tenants = tenants
        self.humanTasks = humanTasks
        self.limits = limits
    }

    package func addRoutes(to router: Router<MillwrightContext>) {
        router.get("/") { _, _ in Self.redirect("/portal") }
        router.get("/portal/sign-in") { request, context in try await guarded(request, context, signInPage) }
        router.post("/portal/sign-in") { request, context in try await guarded(request, context, signIn) }
        router.post("/portal/sign-out") { request, context in try await guarded(request, context, signOut) }
        router.get("/portal") { request, context in try await guarded(request, context, taskList) }
        router.get("/portal/plants/:plant/tasks/:task") { request, context in
            try await guarded(request, context, taskPage)
        }
        router.post("/portal/plants/:plant/tasks/:task") { request, context in
            try await guarded(request, context, decide)
        }
    }

    /// A problem becomes a page that a person can read; who is not signed in is asked to.
    private func guarded(
        _ request: Request, _ context: MillwrightContext,
        _ page: (Request, MillwrightContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await page(request, context)
        } catch let problem as Problem where problem.code == .unauthenticated {
            return Self.redirect("/portal/sign-in?next=" + Self.percentEncoded(request.uri.path))
        } catch let refusal as RateRefusal {
            var response = try await message("Too much at once", refusal.problem, request)
            refusal.write(to: &response.headers)
            return response
        } catch {
            let problem = ErrorMapping.problem(for: error, logger: context.logger)
            return try await message(
                problem.code == .notFound ? "This is not here" : "This did not work", problem, request)
        }
    }

    private func message(_ title: String, _ problem: Problem, _ request: Request) async throws -> Response {
        try await render(
            "message", ["title": title, "text": problem.detail], brand: try await brand(of: request, nil),
            status: .init(code: problem.code.httpStatus))
    }

    // MARK: Signing in

    private func signInPage(_ request: Request, _ context: MillwrightContext) async throws -> Response {
        try await signInPage(request, error: nil, email: "", next: request.uri.queryParameters["next"].map(String.init))
    }

    private func signInPage(_ request: Request, error: String?, email: String, next: String?) async throws -> Response {
        var page: [String: Any] = ["title": "Sign in", "email": email, "next": Self.ownPath(next)]
        if let error { page["error"] = error }
        return try await render(
            "sign-in", page, brand: try await brand(of: request, nil), status: error == nil ? .ok : .unauthorized)
    }

    private func signIn(_ request: Request, _ context: MillwrightContext) async throws -> Response {
        try await limits.admitSignIn(origin(of: request, context))
        let form = try await form(request)
        let host = request.head.authority ?? ""
        let within = try await brands.scope(ofHost: host)?.partnerID
        let found: AuthenticatedPrincipal?
        if !form["key"].isEmpty {
            found = try await authenticator.authenticate(apiKey: form["key"])
        } else {
            found = try await authenticator.signIn(
                email: form["email"], password: Redacted(form["password"]), within: within)
        }
        guard let found else {
            return try await signInPage(
                request, error: "That is not right. Check what you entered and try again.", email: form["email"],
                next: form["next"])
        }
        let token = try await sessions.begin(found.principal.id)
        var response = Self.redirect(Self.ownPath(form["next"]))
        response.headers[.setCookie] = Self.cookie(token.reveal(), seconds: SessionStore.lifetimeHours * 3600)
        return response
    }

    private func signOut(_ request: Request, _ context: MillwrightContext) async throws -> Response {
        let visitor = try await visitor(request, context)
        try checkFormToken(try await form(request), visitor)
        try await sessions.end(visitor.token)
        var response = Self.redirect("/portal/sign-in")
        response.headers[.setCookie] = Self.cookie("", seconds: 0)
        return response
    }

    // MARK: Who is there

    struct Visitor {
        var principal: Principal
        var token: String
        var formToken: String
    }

    func visitor(_ request: Request, _ context: MillwrightContext) async throws -> Visitor {
        guard let token = Self.sessionToken(request.headers) else { throw Problem(.unauthenticated, "Sign in first.") }
        guard let session = try await sessions.session(token),
            let principal = try await authenticator.principal(session.principalID)
        else {
            try await limits.refused(origin(of: request, context))
            throw Problem(.unauthenticated, "Sign in first.")
        }
        _ = try await limits.admit(principal.id)
        return Visitor(principal: principal, token: token, formToken: session.formToken)
    }

    func origin(of request: Request, _ context: MillwrightContext) -> String {
        limits.origin(request.headers, socket: context.origin)
    }

    func checkFormToken(_ form: FormBody, _ visitor: Visitor) throws {
        guard Redacted(Array(visitor.formToken.utf8)).matches(Array(form["form-token"].utf8)) else {
            throw Problem(.forbidden, "The form is too old. Go back, reload the page and try again.")
        }
    }

    func form(_ request: Request) async throws -> FormBody {
        var bytes: [UInt8] = []
        for try await chunk in request.body {
            guard bytes.count + chunk.readableBytes <= FormBody.maximumBytes else {
                throw Problem(.payloadTooLarge, "The form is too large.")
            }
            bytes.append(contentsOf: chunk.readableBytesView)
        }
        return FormBody(bytes)
    }

    // MARK: Answers

    func brand(of request: Request, _ visitor: Visitor?) async throws -> Brand {
        if let host = request.head.authority, let scope = try await brands.scope(ofHost: host) {
            return try await brands.brand(for: scope)
        }
        return try await brands.brand(for: visitor?.principal.home ?? .platform)
    }

    func render(
        _ page: String, _ values: [String: Any], brand: Brand, visitor: Visitor? = nil,
        status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        var values = values
        values["brand"] = Self.context(brand)
        if let visitor {
            values["person"] = ["name": visitor.principal.displayName, "formToken": visitor.formToken]
            values["formToken"] = visitor.formToken
        }
        let html = PortalPages.library.render(values, withTemplate: page) ?? ""
        return Response(
            status: status,
            headers: [
                .contentType: "text/html; charset=utf-8", .cacheControl: "no-store",
                .contentSecurityPolicy:
                    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'self'; "
                    + "frame-ancestors 'none'; base-uri 'none'",
                .referrerPolicy: "same-origin", .xContentTypeOptions: "nosniff",
            ], body: .init(byteBuffer: ByteBuffer(string: html)))
    }

    private static func context(_ brand: Brand) -> [String: Any] {
        var context: [String: Any] = [
            "productName": brand.productName, "font": brand.font.cssFamily,
            "links": brand.legalLinks.map { ["label": $0.label, "url": $0.url] },
        ]
        for colour in BrandColour.allCases { context[colour.rawValue] = brand[colour].description }
        if let logo = brand.logo { context["logo"] = logo }
        if let support = brand.supportAddress {
            context["support"] = ["href": support.contains("@") ? "mailto:" + support : support, "label": support]
        }
        return context
    }

    static func redirect(_ path: String) -> Response {
        Response(status: .seeOther, headers: [.location: path, .cacheControl: "no-store"])
    }

    /// Only a path of the portal itself: anything else would let a link lead people away after signing in.
    private static func ownPath(_ path: String?) -> String {
        guard let path, path.hasPrefix("/portal"), !path.contains("//"), !path.contains("\\"), !path.contains("\r"),
            !path.contains("\n")
        else { return "/portal" }
        return path
    }

    private static func cookie(_ value: String, seconds: Int) -> String {
        "\(cookieName)=\(value); Path=/portal; Max-Age=\(seconds); HttpOnly; SameSite=Lax"
    }

    private static func sessionToken(_ headers: HTTPFields) -> String? {
        for field in headers[values: .cookie] {
            for pair in field.split(separator: ";") {
                let parts = pair.split(separator: "=", maxSplits: 1).map { $0.trimmingPrefix(" ") }
                if parts.count == 2, parts[0] == cookieName { return String(parts[1]) }
            }
        }
        return nil
    }

    private static func percentEncoded(_ path: String) -> String {
        path.utf8.map { byte in
            let character = Character(UnicodeScalar(byte))
            if character.isASCII, character.isLetter || character.isNumber || "-_/".contains(character) {
                return String(character)
            }
            let digits = String(byte, radix: 16, uppercase: true)
            return "%" + (digits.count == 1 ? "0" + digits : digits)
        }.joined()
    }
}

extension HTTPField.Name {
    static let contentSecurityPolicy = HTTPField.Name("Content-Security-Policy")!
    static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
    static let xContentTypeOptions = HTTPField.Name("X-Content-Type-Options")!
}
