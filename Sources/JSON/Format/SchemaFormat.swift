/// The formats of JSON Schema 2020-12, which are checked when formats are asserted. A string of any other format passes.
enum SchemaFormat: String, Sendable {
    case dateTime = "date-time"
    case date, time, duration
    case email
    case internationalEmail = "idn-email"
    case hostname
    case internationalHostname = "idn-hostname"
    case ipv4, ipv6
    case uri
    case uriReference = "uri-reference"
    case iri
    case iriReference = "iri-reference"
    case uriTemplate = "uri-template"
    case uuid
    case jsonPointer = "json-pointer"
    case relativeJSONPointer = "relative-json-pointer"
    case regex

    func accepts(_ text: String) -> Bool {
        let units = Array(text.utf8)
        switch self {
        case .dateTime: return TimeFormat.isDateTime(units)
        case .date: return TimeFormat.isDate(units[...])
        case .time: return TimeFormat.isTime(units[...])
        case .duration: return TimeFormat.isDuration(units)
        case .email: return NetworkFormat.isEmail(units, allowsUnicode: false)
        case .internationalEmail: return NetworkFormat.isEmail(units, allowsUnicode: true)
        case .hostname: return NetworkFormat.isHostname(units[...])
        case .internationalHostname: return NetworkFormat.isInternationalHostname(text)
        case .ipv4: return NetworkFormat.isIPv4(units[...])
        case .ipv6: return NetworkFormat.isIPv6(units[...])
        case .uri: return URIFormat(text, allowsUnicode: false).isURI
        case .uriReference: return URIFormat(text, allowsUnicode: false).isReference
        case .iri: return URIFormat(text, allowsUnicode: true).isURI
        case .iriReference: return URIFormat(text, allowsUnicode: true).isReference
        case .uriTemplate: return URITemplateFormat.accepts(units)
        case .uuid: return Self.isUUID(units)
        case .jsonPointer: return (try? JSONPointer(parsing: text)) != nil
        case .relativeJSONPointer: return Self.isRelativePointer(text)
        case .regex: return (try? Pattern(text)) != nil
        }
    }

    private static func isUUID(_ units: [UInt8]) -> Bool {
        units.count == 36
            && units.enumerated().allSatisfy { place, unit in
                [8, 13, 18, 23].contains(place) ? unit == Ascii.minus : hexDigit(unit) != nil
            }
    }

    private static func isRelativePointer(_ text: String) -> Bool {
        let digits = text.utf8.prefix { $0 &- Ascii.zero < 10 }
        guard let first = digits.first, digits.count == 1 || first != Ascii.zero else { return false }
        let rest = text[digits.endIndex...]
        return rest == "#" || (try? JSONPointer(parsing: String(rest))) != nil
    }

    /// What a person is told to write instead, at the end of “This must be …”.
    var expectation: String {
        switch self {
        case .dateTime: "a date and time such as 2026-03-14T09:26:53Z"
        case .date: "a date such as 2026-03-14"
        case .time: "a time such as 09:26:53Z"
        case .duration: "a duration such as PT1H30M"
        case .email, .internationalEmail: "an e-mail address such as name@example.com"
        case .hostname, .internationalHostname: "a host name such as erp.example.com"
        case .ipv4: "an IPv4 address such as 192.0.2.10"
        case .ipv6: "an IPv6 address such as 2001:db8::10"
        case .uri, .iri: "a full web address such as https://example.com/path"
        case .uriReference, .iriReference: "a web address, full or relative"
        case .uriTemplate: "a web address template such as https://example.com/{id}"
        case .uuid: "a UUID such as 0197f3b2-7d8e-7c43-9b7e-2f1f3f0f8a11"
        case .jsonPointer: "a JSON pointer such as /orders/0/id"
        case .relativeJSONPointer: "a relative JSON pointer such as 1/id"
        case .regex: "a regular expression"
        }
    }
}
