import JSON

/// What a system says of its refusal, where it says it in the terms of RFC 9457: title and detail, and no more.
enum ProblemExcerpt {
    private static let maximumCharacters = 300
    private static let maximumBytes = 64 << 10

    /// With what parts it from the sentence before it; empty when there is nothing to say.
    static func text(of response: OutboundResponse, without secrets: Redaction) -> String {
        guard MediaType(response.header("content-type") ?? "").name == "application/problem+json",
            response.body.count <= maximumBytes, let problem = try? JSONValue(parsing: response.body)
        else { return "" }
        let parts = [problem["title"], problem["detail"]].compactMap { $0?.stringValue }
            .map { plain(secrets.strict($0)) }.filter { !$0.isEmpty }
        return parts.isEmpty ? "" : ": " + parts.joined(separator: ": ")
    }

    /// On one line and short.
    private static func plain(_ text: String) -> String {
        let scalars = text.unicodeScalars.prefix(maximumCharacters).map { scalar -> Unicode.Scalar in
            scalar.properties.generalCategory == .control || scalar == "\u{2028}" || scalar == "\u{2029}" ? " " : scalar
        }
        var plain = String(String.UnicodeScalarView(scalars))
        if text.unicodeScalars.count > maximumCharacters { plain += "…" }
        return plain
    }
}
