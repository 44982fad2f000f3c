/// An extension of `use.extensions`.
struct ExtensionPlan: Sendable {
    var name: String
    /// The kind of task it extends; `nil` for all.
    var kind: TaskKeyword?
    var when: RuntimeExpression?
    /// The first tasks of the two lists.
    var before: Int?
    var after: Int?
}
