import JSON

/// One parameter of an operation, as the document declares it.
struct OpenAPIParameter: Sendable {
    enum Location: String, Sendable { case path, query, header, cookie, formData }

    enum Style: String, Sendable {
        case simple, label, matrix, form, spaceDelimited, pipeDelimited, deepObject
        /// Swagger 2.0 only.
        case tabDelimited
    }

    var name: String
    var location: Location
    var isRequired: Bool
    var style: Style
    /// The members of a value are parted into parameters of their own.
    var isExploded: Bool
    /// The value is written as JSON.
    var isJSON: Bool
    var isFile: Bool

    /// `nil` for the body of Swagger 2.0, which is no parameter here.
    init?(_ value: JSONValue, _ version: OpenAPIDocument.Version) throws(CallFailure) {
        guard let name = value["name"]?.stringValue, let place = value["in"]?.stringValue else {
            throw CallFailure(.configuration, "a parameter of the document has no name or no place")
        }
        if place == "body", version == .swagger2 { return nil }
        guard let location = Location(rawValue: place) else {
            throw CallFailure(.configuration, "the parameter `\(name.prefix(200))` is in no place that is known")
        }
        self.name = name
        self.location = location
        isRequired = location == .path || value["required"]?.boolValue == true
        isFile = value["type"]?.stringValue == "file"
        isJSON = value["content"]?.objectValue?.isEmpty == false
        if version == .swagger2 {
            (style, isExploded) = Self.style(collectionFormat: value["collectionFormat"]?.stringValue, location)
        } else {
            let usual: Style = location == .path || location == .header ? .simple : .form
            style = value["style"]?.stringValue.flatMap(Style.init) ?? usual
            isExploded = value["explode"]?.boolValue ?? (style == .form)
        }
    }

    private static func style(collectionFormat: String?, _ location: Location) -> (Style, Bool) {
        switch collectionFormat {
        case "multi": (.form, true)
        case "ssv": (.spaceDelimited, false)
        case "tsv": (.tabDelimited, false)
        case "pipes": (.pipeDelimited, false)
        default: (location == .path || location == .header ? .simple : .form, false)
        }
    }
}
