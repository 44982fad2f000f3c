import JSON
import Primitives

/// Evidence as a person reads it: groups of names and values, a group for each object inside the evidence.
struct EvidenceTable {
    /// More is not read on a page; the rest is in the task that the API shows.
    static let maximumRows = 300

    struct Group {
        var heading: String?
        var rows: [(name: String, value: String)]
    }

    private(set) var groups: [Group] = []
    private(set) var isCut = false
    private var rows = 0
    private let time: PlantTime

    init(_ evidence: JSONValue?, _ time: PlantTime) {
        self.time = time
        guard let evidence, !evidence.isNull else { return }
        guard let object = evidence.objectValue else {
            add(evidence, "Evidence", under: [])
            return
        }
        add(object, under: [])
    }

    var context: [[String: Any]] {
        groups.map { group in
            var context: [String: Any] = [
                "rows": group.rows.map { ["name": $0.name, "value": $0.value] as [String: Any] }
            ]
            if let heading = group.heading { context["heading"] = heading }
            return context
        }
    }

    /// What is plain stands above what is nested, so that a group is not torn.
    private mutating func add(_ object: JSONObject, under path: [String]) {
        for (name, value) in object where plain(value) != nil { add(value, Self.words(name), under: path) }
        for (name, value) in object where plain(value) == nil { add(value, Self.words(name), under: path) }
    }

    private mutating func add(_ value: JSONValue, _ name: String, under path: [String]) {
        if let text = plain(value) {
            addRow(name, text, under: path)
        } else if let object = value.objectValue {
            add(object, under: path + [name])
        } else {
            for (index, element) in (value.arrayValue ?? []).enumerated() {
                add(element, "\(name) \(index + 1)", under: path)
            }
        }
    }

    private mutating func addRow(_ name: String, _ text: String, under path: [String]) {
        guard rows < Self.maximumRows else {
            isCut = true
            return
        }
        rows += 1
        let heading = path.isEmpty ? nil : path.joined(separator: " › ")
        if groups.isEmpty || groups[groups.count - 1].heading != heading {
            groups.append(Group(heading: heading, rows: []))
        }
        groups[groups.count - 1].rows.append((name, text))
    }

    /// `nil` for what has more than one line of its own: objects, and lists that hold any.
    private func plain(_ value: JSONValue) -> String? {
        if let elements = value.arrayValue {
            let texts = elements.compactMap { $0.objectValue == nil && $0.arrayValue == nil ? plain($0) : nil }
            guard texts.count == elements.count else { return nil }
            return texts.isEmpty ? "none" : texts.joined(separator: ", ")
        }
        if let object = value.objectValue { return object.isEmpty ? "none" : nil }
        if let flag = value.boolValue { return flag ? "Yes" : "No" }
        if value.isNull { return "–" }
        // Systems write moments in UTC; people read them beside the others, which are on the plant's clock.
        let text = TaskForm.text(value)
        return text.utf8.count > 18 ? Timestamp(text).map { time.text($0, withSeconds: true) } ?? text : text
    }

    /// `lotBefore`, `lot-before` and `lot_before` are “Lot before”.
    static func words(_ name: String) -> String {
        var words = ""
        var before: Character = " "
        for character in name {
            if character == "_" || character == "-" {
                words.append(" ")
            } else if character.isUppercase, before.isLowercase {
                words += " " + character.lowercased()
            } else {
                words.append(character)
            }
            before = character
        }
        return words.prefix(1).uppercased() + words.dropFirst()
    }
}
