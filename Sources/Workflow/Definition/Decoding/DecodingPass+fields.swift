import JSON

/// An object of the document whose keys were checked.
struct Fields {
    let object: JSONObject
    let path: JSONPointer

    subscript(key: String) -> JSONValue? { object[key] }
    func path(_ key: String) -> JSONPointer { path.appending(key) }
}

extension DecodingPass {
    /// The value as an object with no other keys than those allowed; `allowed: nil` takes any.
    func fields(_ value: JSONValue, _ what: String, allowed: [String]?, at path: JSONPointer) -> Fields? {
        guard case .object(let object) = value else {
            error(
                .wrongType, "\(what) must be an object, not \(value.kindName). Give it as name: value pairs.", at: path)
            return nil
        }
        if let allowed {
            for (key, _) in object where !allowed.contains(key) {
                let hint =
                    nearest(key, among: allowed).map { "Did you mean \($0)?" }
                    ?? "Remove it; possible are \(allowed.joined(separator: ", "))."
                error(.unknownProperty, "\(what) has no property \(key). \(hint)", at: path.appending(key))
            }
        }
        return Fields(object: object, path: path)
    }

    func missing(_ key: String, _ what: String, in fields: Fields) {
        error(.missingField, "\(what) needs \(key). Add it.", at: fields.path)
    }

    func string(_ fields: Fields, _ key: String, _ what: String, isRequired: Bool = false) -> String? {
        guard let value = fields[key] else {
            if isRequired { missing(key, what, in: fields) }
            return nil
        }
        guard case .string(let text) = value else {
            error(.wrongType, "\(key) must be text, not \(value.kindName). Put it in quotes.", at: fields.path(key))
            return nil
        }
        return text
    }

    func boolean(_ fields: Fields, _ key: String) -> Bool? {
        guard let value = fields[key] else { return nil }
        guard case .bool(let flag) = value else {
            error(.wrongType, "\(key) must be true or false, not \(value.kindName).", at: fields.path(key))
            return nil
        }
        return flag
    }

    func integer(_ fields: Fields, _ key: String) -> Int? {
        guard let value = fields[key] else { return nil }
        guard let number = value.intValue else {
            error(.wrongType, "\(key) must be a whole number, not \(value.kindName).", at: fields.path(key))
            return nil
        }
        return number
    }

    func array(_ value: JSONValue, _ what: String, at path: JSONPointer) -> [JSONValue]? {
        guard case .array(let items) = value else {
            error(.wrongType, "\(what) must be a list, not \(value.kindName).", at: path)
            return nil
        }
        return items
    }

    /// One of the values of an enum, by its raw text.
    func choice<Choice: RawRepresentable & CaseIterable>(
        _ fields: Fields, _ key: String, _ what: String, as type: Choice.Type
    ) -> Choice? where Choice.RawValue == String {
        guard let text = string(fields, key, what) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        error(.invalidValue, "\(key) cannot be \(text). Choose one of \(all).", at: fields.path(key))
        return nil
    }

    /// The candidate that differs least from the word, if few letters differ.
    func nearest(_ word: String, among candidates: some Sequence<String>) -> String? {
        var best: (name: String, distance: Int)?
        for candidate in candidates where abs(candidate.utf8.count - word.utf8.count) <= 2 {
            let distance = EditDistance.between(word, candidate, atMost: 2)
            if distance <= 2, distance < word.count, distance < best?.distance ?? 3 { best = (candidate, distance) }
        }
        return best?.name
    }
}

extension JSONValue {
    /// For messages.
    var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "text"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

enum EditDistance {
    /// Letters to insert, remove or replace; anything above the bound is only known to be above it.
    static func between(_ left: String, _ right: String, atMost bound: Int) -> Int {
        let left = Array(left.lowercased().utf8.prefix(64))
        let right = Array(right.lowercased().utf8.prefix(64))
        var row = Array(0...right.count)
        for (i, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let replaced = diagonal + (letter == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
            }
        }
        return min(row[right.count], bound + 1)
    }
}
