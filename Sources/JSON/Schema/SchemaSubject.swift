/// How a message speaks of the value it is about.
struct SchemaSubject {
    /// `“Lot number”` when the schema has a title, otherwise `This`.
    let name: String
    let title: String?
    let example: JSONValue?

    init(_ node: SchemaProgram.Node) {
        title = node.title
        name = node.title.map { "“\($0)”" } ?? "This"
        example = node.example
    }
}
