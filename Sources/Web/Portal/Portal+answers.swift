import HTTPTypes
import Hummingbird
import Mustache
import NIOCore
import Primitives
import Tenancy

/// Pages under a brand, with headers that let them do nothing but be read and sent.
extension Portal {
    /// The host's brand, unless the visitor belongs to a level below it: then that one's, which has what the host's
    /// level lets it keep. On a host name that nobody has, the visitor's; before signing in, the platform's.
    func brand(_ request: Request, _ visitor: Visitor?) async throws -> Brand {
        let home = visitor?.principal.home
        guard let host = request.head.authority, let scope = try await brands.scope(ofHost: host) else {
            return try await brands.brand(for: home ?? .platform)
        }
        if let home, scope.covers(home) { return try await brands.brand(for: home) }
        return try await brands.brand(for: scope)
    }

    func render(
        _ page: String, _ values: [String: Any], _ request: Request, _ visitor: Visitor?,
        status: HTTPResponse.Status = .ok
    ) async -> Response {
        // A page that says what is wrong must come even when the brand cannot be read.
        let brand = (try? await brand(request, visitor)) ?? .standard
        let nonce = String(SystemRandomNumberGenerator.digits, radix: 36)
        var values = values
        values["brand"] = Self.context(brand)
        values["style"] = PortalStyle.variables(brand) + "\n" + PortalStyle.sheet
        values["nonce"] = nonce
        if let visitor {
            values["person"] = ["name": visitor.principal.displayName]
            values["formToken"] = visitor.formToken
        }
        let html = PortalPages.library.render(values, withTemplate: page) ?? ""
        return Response(
            status: status, headers: Self.headers(nonce: nonce), body: .init(byteBuffer: ByteBuffer(string: html)))
    }

    private static func headers(nonce: String) -> HTTPFields {
        [
            .contentType: "text/html; charset=utf-8", .cacheControl: "no-store",
            .contentSecurityPolicy:
                "default-src 'none'; style-src 'nonce-\(nonce)'; img-src 'self' data:; form-action 'self'; "
                + "frame-ancestors 'none'; base-uri 'none'",
            // Not `no-referrer`: with it browsers do not say where a form came from either.
            .referrerPolicy: "same-origin", .xContentTypeOptions: "nosniff",
        ]
    }

    private static func context(_ brand: Brand) -> [String: Any] {
        var context: [String: Any] = [
            "productName": brand.productName,
            "links": brand.legalLinks.map { ["label": $0.label, "url": $0.url] },
        ]
        if let logo = brand.logo { context["logo"] = logo }
        if let support = brand.supportAddress {
            let isAddress = support.hasPrefix("https://")
            context["support"] = ["href": isAddress ? support : "mailto:" + support, "label": support]
        }
        return context
    }

    static func redirect(_ path: String) -> Response {
        Response(status: .seeOther, headers: [.location: path, .cacheControl: "no-store"])
    }
}

extension SystemRandomNumberGenerator {
    /// 64 bits that nobody can guess.
    fileprivate static var digits: UInt64 {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }
}

extension HTTPField.Name {
    static let contentSecurityPolicy = HTTPField.Name("Content-Security-Policy")!
    static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
    static let xContentTypeOptions = HTTPField.Name("X-Content-Type-Options")!
    static let xForwardedProto = HTTPField.Name("X-Forwarded-Proto")!
    static let secFetchSite = HTTPField.Name("Sec-Fetch-Site")!
}
