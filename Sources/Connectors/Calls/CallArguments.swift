import JSON

/// What `call: http` and `call: openapi` have in common in their arguments.
struct CallArguments {
    let value: JSONValue

    /// What becomes the task's output.
    enum Output: String {
        /// The body, Base64.
        case raw
        /// The body, read as its type says.
        case content
        /// Request, status, headers and content.
        case response
    }

    init(_ value: JSONValue) throws(CallFailure) {
        guard value.objectValue != nil else {
            throw CallFailure(.invalidArguments, "the arguments of the call must be an object")
        }
        self.value = value
    }

    func output() throws(CallFailure) -> Output {
        guard let given = value["output"], !given.isNull else { return .content }
        guard let output = given.stringValue.flatMap(Output.init) else {
            throw CallFailure(.invalidArguments, "`output` must be one of raw, content, response")
        }
        return output
    }

    /// The specification's `redirect`: whether 300–399 is an answer like any other. It is given to the definition and
    /// not followed; by default it is an error.
    func acceptsRedirection() throws(CallFailure) -> Bool {
        guard let given = value["redirect"], !given.isNull else { return false }
        guard let redirect = given.boolValue else {
            throw CallFailure(.invalidArguments, "`redirect` must be true or false")
        }
        return redirect
    }

    func text(_ key: String) throws(CallFailure) -> String {
        guard let text = value[key]?.stringValue, !text.isEmpty else {
            throw CallFailure(.invalidArguments, "`\(key)` must be a text")
        }
        return text
    }

    /// Names with their values as texts: `null` is left out, the elements of an array repeat the name.
    func pairs(_ key: String) throws(CallFailure) -> [(name: String, value: String)] {
        guard let value = value[key], !value.isNull else { return [] }
        guard let object = value.objectValue else {
            throw CallFailure(.invalidArguments, "`\(key)` must be an object of names and values")
        }
        return try Self.pairs(object, key)
    }

    static func pairs(
        _ object: JSONObject, _ place: String
    ) throws(CallFailure) -> [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        for (name, member) in object {
            for element in member.arrayValue ?? [member] where !element.isNull {
                guard let text = element.plainText else {
                    throw CallFailure(.invalidArguments, "`\(place).\(name)` must be a text, a number or a boolean")
                }
                pairs.append((name, text))
            }
        }
        return pairs
    }
}

/// An address with the policy that its calls need: a text, or `{uri, authentication}`.
struct CallEndpoint {
    var address: WebAddress
    /// The policy as it was given; `nil` for none.
    var authentication: JSONValue?

    /// - Parameter place: the argument, for the message.
    init(_ value: JSONValue?, _ place: String) throws(CallFailure) {
        guard let text = value?.stringValue ?? value?["uri"]?.stringValue else {
            throw CallFailure(.invalidArguments, "`\(place)` must be an address or an object with `uri`")
        }
        do {
            address = try WebAddress(text)
        } catch {
            throw CallFailure(.invalidArguments, "`\(place)`: \(error.description)")
        }
        authentication = value?["authentication"].flatMap { $0.isNull ? nil : $0 }
    }
}
