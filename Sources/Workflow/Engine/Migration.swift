import JSON
package import Primitives

/// Takes the state of a waiting run over to another version of its definition.
///
/// Waits keep their names, so that people's tasks, timers, listeners and idempotency keys go on as they are: only the
/// places in the definition change. A place fits when it holds the same kind of task under the same kinds of tasks.
package struct Migration: Sendable {
    package let from: Definition
    package let to: Definition
    /// Old task references to new ones; what is not named keeps its reference.
    package let mapping: [String: String]

    package init(from: Definition, to: Definition, mapping: [String: String]) {
        self.from = from
        self.to = to
        self.mapping = mapping
    }

    package struct Refusal: Error, Sendable {
        package var items: [Problem.Item]
    }

    /// - Throws: everything that does not fit.
    package func migrated(_ state: RunState) throws(Refusal) -> RunState {
        var items = mappingProblems()
        for frame in state.frames where !frame.reference.isEmpty {
            if let problem = problem(of: frame, in: state) {
                items.append(.init(path: frame.reference, message: problem))
            }
        }
        guard items.isEmpty else { throw Refusal(items: items) }
        var new = state
        for position in new.frames.indices where !new.frames[position].reference.isEmpty {
            let reference = target(new.frames[position].reference)
            new.frames[position].reference = reference
            new.frames[position].task = to.program.taskByReference[reference] ?? Frame.unresolved
        }
        // An open wait keeps the name of its old place: the counter goes on after it, so that no name is given twice.
        for (reference, count) in state.counters.entries {
            let place = target(reference)
            new.counters.entries[place] = max(new.counters.entries[place] ?? 0, count)
        }
        return new
    }

    func target(_ reference: String) -> String {
        if let named = mapping[reference] { return named }
        // A task inside a mapped one moves with it.
        var outer = reference[...]
        while let slash = outer.lastIndex(of: "/"), slash > outer.startIndex {
            outer = outer[..<slash]
            if let named = mapping[String(outer)] { return named + reference.dropFirst(outer.utf8.count) }
        }
        return reference
    }

    private func mappingProblems() -> [Problem.Item] {
        mapping.sorted { $0.key < $1.key }.compactMap { old, new in
            if from.program.taskByReference[old] == nil {
                return .init(path: old, message: "The run's version has no such task.")
            }
            if to.program.taskByReference[new] == nil {
                return .init(path: old, message: "The new version has no task \(new).")
            }
            return nil
        }
    }

    private func problem(of frame: Frame, in state: RunState) -> String? {
        let reference = target(frame.reference)
        guard let old = from.program.taskByReference[frame.reference] else {
            return "The run's version has no such task."
        }
        guard let new = to.program.taskByReference[reference] else {
            return "The new version has no task \(reference). Map it to another."
        }
        let before = from.program.tasks[old]
        let after = to.program.tasks[new]
        guard before.kind == after.kind, before.function == after.function else {
            return "Is \(before.function ?? before.kind.rawValue), and \(reference) is "
                + "\(after.function ?? after.kind.rawValue). Map it to one of the same kind."
        }
        guard before.extensions.count == after.extensions.count else {
            return "Other extensions apply to \(reference)."
        }
        if let parent = state.frames.first(where: { $0.id == frame.parent }), !parent.reference.isEmpty {
            let around = target(parent.reference)
            guard !frame.reference.hasPrefix(parent.reference + "/") || reference.hasPrefix(around + "/") else {
                return "Would leave the task around it: \(reference) is not inside \(around)."
            }
        } else if to.program.path(to: reference)?.count != 1 {
            return "Stands in the outermost list, and \(reference) does not."
        }
        return shapeProblem(frame, before, after)
    }

    /// What the frame remembers by number must mean the same afterwards.
    private func shapeProblem(_ frame: Frame, _ before: TaskNode, _ after: TaskNode) -> String? {
        switch (before.body, after.body) {
        case (.fork(let old, let competed), .fork(let new, let competes)):
            if old.count != new.count || competed != competes { return "The branches of the fork are others." }
        case (.listen, .listen):
            if from.source(of: before.reference) != to.source(of: after.reference) {
                return "Listens for something else in the new version."
            }
        default: break
        }
        return nil
    }
}

extension Definition {
    /// What the document says at the task.
    fileprivate func source(of reference: String) -> JSONValue? {
        guard let pointer = try? JSONPointer(parsing: reference) else { return nil }
        var value: JSONValue? = document
        for token in pointer.tokens { value = Int(token).flatMap { value?[$0] } ?? value?[token] }
        return value
    }
}
