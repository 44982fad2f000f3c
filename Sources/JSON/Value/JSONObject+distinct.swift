extension JSONObject {
    /// Members whose keys the caller knows to be distinct.
    package init(distinctMembers elements: some Collection<Element>) {
        self.init()
        members = elements.map { Member(key: $0.key, value: $0.value) }
        if members.count > KeyIndex.smallCount, let index = KeyIndex(distinct: members) { self.index = index }
    }
}
