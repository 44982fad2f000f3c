/// The members of a JSON object, in the order in which their keys first came.
///
/// Up to eight members are searched one after the other; above that an index hashed with the process's random seed
/// finds a key, so that chosen keys cannot make it slow. Keys are compared code unit by code unit.
public struct JSONObject: Sendable {
    /// A member.
    public typealias Element = (key: String, value: JSONValue)

    /// Not a tuple, because the runtime moves and destroys structs faster.
    @usableFromInline
    struct Member: Sendable {
        @usableFromInline var key: String
        @usableFromInline var value: JSONValue

        @inlinable
        init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    @usableFromInline var members: [Member]
    /// Empty for small objects.
    @usableFromInline var index: KeyIndex

    /// An object without members.
    @inlinable public init() {
        members = []
        index = KeyIndex()
    }

    /// Members as given. Should a key come twice after all, it keeps its first place and its last value.
    public init(uniqueKeysWithValues elements: some Sequence<(String, JSONValue)>) {
        self.init()
        reserveCapacity(elements.underestimatedCount)
        for (key, value) in elements { self[key] = value }
    }

    /// Takes over members that were read from text, in their order; nil when a key comes twice.
    init?(distinct members: [Member]) {
        guard let index = KeyIndex(distinct: members) else { return nil }
        self.members = members
        self.index = index
    }

    /// In the order of the members.
    public var keys: [String] { members.map(\.key) }
    /// In the order of the members.
    public var values: [JSONValue] { members.map(\.value) }

    /// Makes room for so many members altogether.
    public mutating func reserveCapacity(_ count: Int) {
        members.reserveCapacity(count)
    }

    /// The value of the key; nil when it is absent. A key that is new comes last; nil removes one.
    public subscript(key: String) -> JSONValue? {
        get {
            guard let position = position(of: key) else { return nil }
            return members[position].value
        }
        set {
            let found = position(of: key)
            switch (found, newValue) {
            case (let position?, let value?): members[position].value = value
            case (let position?, nil): remove(at: position)
            case (nil, let value?): append(Member(key: key, value: value))
            case (nil, nil): break
            }
        }
        _modify {
            var slot: JSONValue?
            let found = position(of: key)
            if let found {
                slot = members[found].value
                members[found].value = .null  // the slot alone owns it while the caller changes it
            }
            defer {
                switch (found, slot) {
                case (let position?, let value?): members[position].value = value
                case (let position?, nil): remove(at: position)
                case (nil, let value?): append(Member(key: key, value: value))
                case (nil, nil): break
                }
            }
            yield &slot
        }
    }

    /// The value of the key, or `fallback` when it is absent.
    public subscript(key: String, default fallback: @autoclosure () -> JSONValue) -> JSONValue {
        self[key] ?? fallback()
    }

    /// Whether there is a member with this key.
    public func contains(key: String) -> Bool { position(of: key) != nil }

    /// Removes the member with this key.
    /// - Returns: its value; nil when it was absent.
    @discardableResult
    public mutating func removeValue(forKey key: String) -> JSONValue? {
        guard let position = position(of: key) else { return nil }
        let value = members[position].value
        remove(at: position)
        return value
    }

    private mutating func remove(at position: Int) {
        index.remove(position, of: members)
        members.remove(at: position)
    }

    /// Removes many members at the cost of one pass; one at a time each removal moves all members behind it.
    public mutating func removeAll(where isRemoved: (Element) throws -> Bool) rethrows {
        let kept = try members.filter { try !isRemoved(($0.key, $0.value)) }
        if kept.count == members.count { return }
        if let smaller = JSONObject(distinct: kept) { self = smaller }
    }

    /// Where the key stands among the members.
    func position(of key: String) -> Int? {
        if !index.isEmpty { return index.position(of: key, in: members) }
        let count = key.utf8.count
        for position in members.indices where members[position].key.utf8.count == count {
            if sameCodeUnits(members[position].key, key) { return position }
        }
        return nil
    }

    /// Adds a member whose key is not among the others.
    private mutating func append(_ member: Member) {
        members.append(member)
        index.insertLast(of: members)
    }
}

extension JSONObject: RandomAccessCollection {
    @inlinable public var startIndex: Int { 0 }
    @inlinable public var endIndex: Int { members.count }
    @inlinable public subscript(position: Int) -> Element {
        (members[position].key, members[position].value)
    }
}

extension JSONObject: Hashable {
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        JSONValue.object(left) == JSONValue.object(right)
    }

    public func hash(into hasher: inout Hasher) {
        JSONValue.object(self).hash(into: &hasher)
    }
}

extension JSONObject: CustomStringConvertible {
    public var description: String { JSONValue.object(self).description }
}
