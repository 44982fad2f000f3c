import JSON

extension DecodingPass {
    func listenBody(_ context: TaskContext) -> TaskBody? {
        let path = context.fields.path("listen")
        guard let value = context.fields["listen"],
            let listen = fields(value, "listen", allowed: ["to", "read"], at: path)
        else { return nil }
        let read = choice(listen, "read", "listen", as: EventReading.self) ?? .data
        guard let to = listen["to"] else {
            missing("to", "listen", in: listen)
            return nil
        }
        guard var plan = strategy(to, context.scope, at: listen.path("to"), allowsUntil: true) else { return nil }
        plan.read = read
        plan.foreach = context.fields["foreach"].flatMap { foreach($0, context, at: context.fields.path("foreach")) }
        return .listen(plan)
    }

    /// `one`, `any` (with `until`) or `all`.
    func strategy(
        _ value: JSONValue, _ scope: ExpressionScope, at path: JSONPointer, allowsUntil: Bool
    ) -> ListenPlan? {
        let keys = ["one", "any", "all"] + (allowsUntil ? ["until"] : [])
        guard let fields = fields(value, "What to listen to", allowed: keys, at: path) else { return nil }
        let given = ["one", "any", "all"].filter { fields.object.contains(key: $0) }
        guard given.count == 1, let mode = given.first, let content = fields[mode] else {
            error(.invalidValue, "Listen to exactly one of one, any and all. Give one.", at: path)
            return nil
        }
        var plan = ListenPlan(mode: .one, filters: [], read: .data)
        switch mode {
        case "one": plan.filters = eventFilter(content, scope, at: fields.path("one")).map { [$0] } ?? []
        default:
            plan.mode = mode == "any" ? .any : .all
            guard let items = array(content, mode, at: fields.path(mode)) else { return nil }
            if mode == "all", items.isEmpty {
                error(.missingField, "all needs at least one event. Add one.", at: fields.path(mode))
            }
            plan.filters = items.enumerated().compactMap { position, item in
                eventFilter(item, scope, at: fields.path(mode).appending(position))
            }
        }
        if let until = fields["until"] { readUntil(until, mode, scope, at: fields.path("until"), into: &plan) }
        return plan
    }

    private func readUntil(
        _ value: JSONValue, _ mode: String, _ scope: ExpressionScope, at path: JSONPointer, into plan: inout ListenPlan
    ) {
        guard mode == "any" else {
            error(.invalidValue, "until only goes with any. Remove it.", at: path)
            return
        }
        if case .string(let text) = value {
            plan.untilCondition = expression(text, scope, at: path)
        } else if let inner = strategy(value, scope, at: path, allowsUntil: false) {
            plan.untilMode = inner.mode
            plan.untilFilters = inner.filters
        }
    }

    func foreach(_ value: JSONValue, _ context: TaskContext, at path: JSONPointer) -> ListenPlan.ForEach? {
        let keys = ["item", "at", "do", "output", "export"]
        guard let fields = fields(value, "foreach", allowed: keys, at: path) else { return nil }
        let item = variableName(fields, "item", default: "item")
        let position = variableName(fields, "at", default: "index")
        let scope = context.scope.binding(item, position)
        let first = fields["do"].flatMap {
            taskList($0, "foreach.do", scope, nesting: context.nesting + 1, at: fields.path("do"))
        }
        let output = dataTransform(fields, "output", "as", before: nil, after: scope.at(.taskOutput))
        let export = dataTransform(fields, "export", "as", before: nil, after: scope.at(.export))
        return ListenPlan.ForEach(item: item, position: position, first: first, output: output, export: export)
    }

    func emitBody(_ context: TaskContext) -> TaskBody? {
        let path = context.fields.path("emit")
        guard let value = context.fields["emit"], let emit = fields(value, "emit", allowed: ["event"], at: path) else {
            return nil
        }
        guard let value = emit["event"] else {
            missing("event", "emit", in: emit)
            return nil
        }
        guard let event = fields(value, "event", allowed: ["with"], at: emit.path("event")) else { return nil }
        guard let value = event["with"] else {
            missing("with", "event", in: event)
            return nil
        }
        guard let with = fields(value, "with", allowed: nil, at: event.path("with")) else { return nil }
        if with["type"] == nil { missing("type", "An event", in: with) }
        checkEventTexts(with)
        return .emit(
            with.object.map { key, value in
                EventAttribute(name: key, value: template(value, context.scope, at: with.path(key)))
            })
    }

    func checkEventTexts(_ with: Fields) {
        for key in ["id", "source", "type", "time", "subject", "datacontenttype", "dataschema"] {
            if let value = with[key], value.stringValue == nil {
                error(.wrongType, "\(key) must be text, not \(value.kindName). Put it in quotes.", at: with.path(key))
            }
        }
    }
}
