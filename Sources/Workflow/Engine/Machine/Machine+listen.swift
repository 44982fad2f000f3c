import JQ
import JSON
import Primitives

/// `listen`.
extension Machine {
    mutating func listen(
        _ activation: Activation, _ plan: ListenPlan, _ scope: EvaluationScope
    ) throws(WorkflowError) {
        let frame = try push(activation, .listening(Frame.Listening()))
        tell(.workflowCorrelationStarted)
        do throws(WorkflowError) {
            if plan.filters.isEmpty {
                let all = EventFilter(attributes: [:], takesMany: plan.goesOn)
                listen(frame, activation, all, .event(filter: 0), suffix: "")
            }
            for (number, template) in plan.filters.enumerated() {
                var filter = try filled(template, activation, scope)
                filter.takesMany = plan.goesOn || (plan.mode == .all && !template.correlations.isEmpty)
                let suffix = plan.filters.count > 1 ? "/\(number + 1)" : ""
                listen(frame, activation, filter, .event(filter: number), suffix: suffix)
            }
            if plan.untilMode != nil, plan.untilFilters.isEmpty {
                listen(frame, activation, EventFilter(attributes: [:]), .until(filter: 0), suffix: "/until")
            }
            for (number, template) in plan.untilFilters.enumerated() {
                let filter = try filled(template, activation, scope)
                listen(frame, activation, filter, .until(filter: number), suffix: "/until/\(number + 1)")
            }
        } catch {
            remove(frame)
            throw error
        }
    }

    private mutating func listen(
        _ frame: Int, _ activation: Activation, _ filter: EventFilter, _ role: OpenWait.Role, suffix: String
    ) {
        let reference = activation.node.reference
        let wait = Wait(
            id: "\(reference)#\(activation.entry)\(suffix)", taskReference: reference, attempt: activation.attempt,
            openedAt: now, kind: .event(filter))
        open(
            OpenWait(wait: wait, frame: frame, role: role), of: activation.node, detail: ["filter": filter.json])
    }

    /// Puts the run's values into a filter.
    private func filled(
        _ template: EventFilterTemplate, _ activation: Activation, _ scope: EvaluationScope
    ) throws(WorkflowError) -> EventFilter {
        var filter = EventFilter(attributes: [:], condition: template.condition)
        for attribute in template.attributes {
            let value = try evaluate(attribute.value, on: activation.input.value, scope)
            switch value {
            case .string, .number, .bool: filter.attributes[attribute.name] = EventFilter.text(value)
            case .null, .array, .object:
                throw WorkflowError(
                    .expression, detail: "\(attribute.name) of an event filter must be text; it is \(value.kindName).")
            }
        }
        var values = JSONObject()
        for variable in template.variables {
            switch variable.value {
            case .argument(let argument): values[variable.name] = self.argument(argument, scope)
            case .template(let template):
                values[variable.name] = try evaluate(template, on: activation.input.value, scope)
            }
        }
        filter.variables = .object(values)
        return filter
    }

    // MARK: - Events

    mutating func answerEvent(_ open: OpenWait, _ result: Result<JSONValue, WorkflowError>) {
        guard let position = position(of: open.frame),
            case .listening(var listening) = state.frames[position].phase,
            case .listen(let plan) = program.tasks[state.frames[position].task].body
        else { return }
        switch (result, open.role) {
        case (.failure(let error), _): return fault(open.frame, error)
        case (.success, .until(let number)):
            removeAnswered(open.wait.id)
            listening.untilSatisfied.append(number)
            if plan.untilMode != .all || listening.untilSatisfied.count == plan.untilFilters.count {
                listening.isClosed = true
            }
        case (.success(let event), .event(let number)):
            // What ends the listening is no part of what was listened to.
            if endsListening(event, open.frame) { return }
            do throws(WorkflowError) {
                guard try consume(event, number, plan, &listening) else { return }
            } catch {
                return fault(open.frame, error)
            }
            if !open.isKept { removeAnswered(open.wait.id) }
            if plan.mode == .all { close { $0.frame == open.frame && $0.role == open.role } }
        default: return
        }
        state.frames[position].phase = .listening(listening)
        goOnListening(open.frame)
    }

    /// Whether the event is one that `until` waits for.
    private func endsListening(_ event: JSONValue, _ frame: Int) -> Bool {
        state.openWaits.contains { open in
            guard open.frame == frame, case .until = open.role, case .event(let filter) = open.wait.kind,
                let compiled = try? CompiledEventFilter(filter)
            else { return false }
            return compiled.matches(event)
        }
    }

    /// Takes the event, unless it was taken already or does not correlate.
    private func consume(
        _ event: JSONValue, _ number: Int, _ plan: ListenPlan, _ listening: inout Frame.Listening
    ) throws(WorkflowError) -> Bool {
        let source = event["source"]?.stringValue ?? ""
        let key = source + " " + (event["id"]?.stringValue ?? "")
        if plan.goesOn {
            if listening.seen.contains(key) { return false }
            listening.seen.append(key)
        }
        if plan.filters.indices.contains(number) {
            for correlation in plan.filters[number].correlations {
                let value = try evaluate(
                    correlation.from, on: event, EvaluationScope(frame: Frame.noParent))
                // Nothing in common is not something in common.
                guard !value.isNull else { return false }
                if let expected = listening.correlations[correlation.name] {
                    guard value == expected else { return false }
                } else {
                    listening.correlations[correlation.name] = value
                }
            }
        }
        listening.consumed.append(try bounded(plan.read.read(event)))
        if listening.consumed.count > Self.maximumEvents {
            throw WorkflowError(
                .runtime, detail: "The task consumed more than \(Self.maximumEvents) events. Give it an end with until."
            )
        }
        switch plan.mode {
        case .one: listening.isClosed = true
        case .any: listening.isClosed = !plan.goesOn
        case .all:
            listening.satisfied.append(number)
            listening.isClosed = listening.satisfied.count == plan.filters.count
        }
        return true
    }

    /// Events that one `listen` keeps for its output.
    static let maximumEvents = 10_000

    /// After an event, or after the tasks of `foreach` for one: begins the next item, checks `until`, ends.
    private mutating func goOnListening(_ frame: Int) {
        guard let position = position(of: frame),
            case .listening(var listening) = state.frames[position].phase,
            case .listen(let plan) = program.tasks[state.frames[position].task].body
        else { return }
        if let until = plan.untilCondition, !listening.isClosed, listening.current == nil || plan.foreach == nil {
            let consumed = JSONValue.array(listening.consumed.map(\.value))
            do throws(WorkflowError) {
                let scope = scope(of: activation(of: state.frames[position]))
                listening.isClosed = try holds(until, on: consumed, scope)
            } catch {
                return fault(frame, error)
            }
        }
        if listening.isClosed { close { $0.frame == frame && $0.isForEvents } }
        if let foreach = plan.foreach {
            if listening.current != nil {
                state.frames[position].phase = .listening(listening)
                return
            }
            if listening.outputs.count < listening.consumed.count {
                let next = listening.outputs.count
                listening.current = next
                state.frames[position].phase = .listening(listening)
                return begin(foreach.first, in: frame, input: listening.consumed[next])
            }
        }
        state.frames[position].phase = .listening(listening)
        guard listening.isClosed else { return }
        tell(.workflowCorrelationCompleted, details: ["correlationKeys": .object(listening.correlations)])
        let output = (plan.foreach == nil ? listening.consumed : listening.outputs).map(\.value)
        do throws(WorkflowError) {
            finish(frame, output: try bounded(.array(output)))
        } catch {
            fault(frame, error)
        }
    }

    /// The tasks of `foreach` are done for one event.
    mutating func leaveItem(_ position: Int, output: Datum) {
        let frame = state.frames[position]
        guard case .listening(var listening) = frame.phase,
            case .listen(let plan) = program.tasks[frame.task].body, let foreach = plan.foreach
        else { return }
        var scope = scope(of: activation(of: frame))
        scope.frame = frame.id
        do throws(WorkflowError) {
            let result = try transformedOutput(output, foreach.output, foreach.export, scope)
            listening.outputs.append(result)
        } catch {
            return fault(frame.id, error)
        }
        listening.current = nil
        state.frames[position].phase = .listening(listening)
        goOnListening(frame.id)
    }
}

extension OpenWait {
    var isForEvents: Bool {
        switch role {
        case .event, .until: true
        default: false
        }
    }

    /// The wait stays open after an answer.
    var isKept: Bool {
        if case .event(let filter) = wait.kind { filter.takesMany } else { false }
    }
}

extension EventFilter {
    /// An attribute as text, for comparing.
    static func text(_ value: JSONValue) -> String { value.stringValue ?? value.serialized() }
}
