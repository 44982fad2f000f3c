import JSON

/// A task of an Open Workflow document as it was written, with its place. For checks that need no compiled definition.
struct DocumentTask {
    /// `/do/2/openTicket`.
    let pointer: String
    let name: String
    let definition: JSONValue

    static func all(in document: JSONValue) -> [DocumentTask] {
        var tasks: [DocumentTask] = []
        collect(document["do"], "/do", &tasks)
        for (name, function) in document["use"]?["functions"]?.objectValue ?? [:] {
            add(name, function, at: "/use/functions/\(name)", &tasks)
        }
        return tasks
    }

    private static func collect(_ list: JSONValue?, _ pointer: String, _ tasks: inout [DocumentTask]) {
        for (index, item) in (list?.arrayValue ?? []).enumerated() {
            for (name, task) in item.objectValue ?? [:] { add(name, task, at: "\(pointer)/\(index)/\(name)", &tasks) }
        }
    }

    private static func add(_ name: String, _ task: JSONValue, at pointer: String, _ tasks: inout [DocumentTask]) {
        tasks.append(DocumentTask(pointer: pointer, name: name, definition: task))
        collect(task["do"], pointer + "/do", &tasks)
        collect(task["try"], pointer + "/try", &tasks)
        collect(task["catch"]?["do"], pointer + "/catch/do", &tasks)
        collect(task["fork"]?["branches"], pointer + "/fork/branches", &tasks)
        collect(task["foreach"]?["do"], pointer + "/foreach/do", &tasks)
    }
}
