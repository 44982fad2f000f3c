import JSON

/// What the simulated workflows do.
extension SimulationWorkflow {
    var tasks: JSONValue {
        switch self {
        case .call, .made:
            [["act": Self.call(.honest)], ["note": ["set": ["done": true]]], ["again": Self.call(.honest)]]
        case .lookUp: [["act": Self.call(.searchable)], ["note": ["set": ["done": true]]]]
        case .blind:
            [["try": Self.caught([["act": Self.call(.blind)]], [["verify": Self.ask("Was it done?")]])]]
        case .pause:
            [
                ["first": ["wait": ["seconds": 30]]], ["act": Self.call(.honest)],
                ["second": ["wait": ["seconds": 300]]], ["end": ["set": ["done": true]]],
            ]
        case .retry:
            [
                [
                    "try": [
                        "try": [["act": Self.call(.honest)]],
                        "catch": [
                            "retry": ["delay": ["seconds": 5], "limit": ["attempt": ["count": 5]]],
                            "do": [["gaveUp": ["set": ["gaveUp": true]]]],
                        ],
                    ]
                ]
            ]
        case .impatient:
            [
                [
                    "try": Self.caught(
                        [["act": Self.call(.honest, ["timeout": ["after": ["seconds": 15]]])]],
                        [["late": ["set": ["late": true]]], ["again": Self.call(.honest)]])
                ]
            ]
        case .listen:
            [
                ["keep": ["set": ["subject": "${ .[0].subject }"]]],
                [
                    "try": Self.caught(
                        [
                            [
                                "hear": [
                                    "listen": [
                                        "to": [
                                            "one": ["with": ["type": .string(Self.goType), "subject": "${ .subject }"]]
                                        ]
                                    ],
                                    "timeout": ["after": ["seconds": 600]],
                                ]
                            ], ["act": Self.call(.honest)],
                        ], [["silent": ["set": ["silent": true]]]])
                ],
            ]
        case .approve:
            [
                [
                    "ask": Self.ask(
                        "Release it?",
                        [
                            "dueInSeconds": 900, "onDue": "expire",
                            "escalation": [["afterSeconds": 120, "role": "quality"]],
                        ])
                ], ["act": Self.call(.honest)],
            ]
        case .fork:
            [
                [
                    "both": [
                        "fork": [
                            "branches": [
                                ["left": Self.call(.honest)], ["middle": ["wait": ["seconds": 20]]],
                                ["right": Self.ask("Look at it", ["dueInSeconds": 300, "onDue": "expire"])],
                            ]
                        ]
                    ]
                ], ["act": Self.call(.searchable)],
            ]
        case .parent: [["run": Self.run(.child, awaits: true)], ["act": Self.call(.honest)]]
        case .child: [["pause": ["wait": ["seconds": 10]]], ["act": Self.call(.honest)]]
        case .spawn:
            [
                ["run": Self.run(.child, awaits: false)],
                [
                    "tell": [
                        "emit": [
                            "event": [
                                "with": [
                                    "source": "https://sim.example/spawn", "type": .string(Self.madeType),
                                    "data": ["n": 1],
                                ]
                            ]
                        ]
                    ]
                ],
            ]
        case .pair: [["act": Self.call(.honest)], ["pause": ["wait": ["seconds": 5]]]]
        case .tick: [["act": Self.call(.honest)]]
        case .promise:
            [
                ["begin": Self.clock(["target": 60, "warnings": [30], "calendar": "elapsed"])],
                ["act": Self.call(.honest)], ["halt": Self.clock(["action": "pause"])],
                ["parts": ["wait": ["seconds": 300]]], ["goOn": Self.clock(["action": "resume"])],
                ["work": ["wait": ["seconds": 45]]], ["stop": Self.clock(["action": "stop"])],
            ]
        case .overdue, .limited, .once, .sole, .panel, .frail, .move, .alarm, .hasty: furtherTasks
        }
    }

    /// Those that have limits, keys, clocks, and operators who look after them.
    private var furtherTasks: JSONValue {
        switch self {
        // Longer than it promised, whoever decides when.
        case .overdue:
            [
                [
                    "begin": Self.clock([
                        "target": 60, "warnings": [40, 20], "calendar": "elapsed",
                        "onBreach": ["priority": 90, "escalate": true],
                    ])
                ],
                [
                    "both": [
                        "fork": [
                            "branches": [
                                [
                                    "ask": Self.ask(
                                        "Go on?", ["escalation": [["afterSeconds": 3000, "role": "quality"]]])
                                ],
                                ["work": ["wait": ["seconds": 100]]],
                            ]
                        ]
                    ]
                ], ["stop": Self.clock(["action": "stop"])],
            ]
        case .limited, .sole:
            [["act": Self.call(.honest)], ["pause": ["wait": ["seconds": 20]]], ["again": Self.call(.honest)]]
        case .panel:
            [
                [
                    "ask": Self.ask(
                        "Do we agree?",
                        [
                            "outcomes": [["name": "yes"], ["name": "no"], ["name": "stop"]], "quorum": ["of": 2],
                            "veto": ["stop"],
                        ])
                ], ["act": Self.call(.honest)],
            ]
        // Its end, and that of the run that it no longer waits for, come at about the same time.
        case .hasty:
            [
                [
                    "try": Self.caught(
                        [["run": Self.run(.child, awaits: true, ["timeout": ["after": ["seconds": 11]]])]],
                        [["late": ["set": ["late": true]]]])
                ]
            ]
        case .move:
            [
                ["first": ["wait": ["seconds": 30]]], ["act": Self.call(.honest)],
                ["second": ["wait": ["seconds": 60]]],
            ]
        default: [["act": Self.call(.honest)], ["again": Self.call(.honest)]]
        }
    }

    /// How long its waits last, by the task's name.
    var waits: [String: Double] {
        switch self {
        case .pause: ["first": 30, "second": 300]
        case .move: ["first": 30, "second": 60]
        case .fork: ["middle": 20]
        case .child: ["pause": 10]
        case .pair: ["pause": 5]
        case .limited, .sole: ["pause": 20]
        case .promise: ["parts": 300, "work": 45]
        case .overdue: ["work": 100]
        default: [:]
        }
    }

    // MARK: Tasks

    static func call(_ target: SimulationTarget, _ more: JSONObject = [:]) -> JSONValue {
        var task: JSONObject = [
            "call": "http",
            "with": [
                "method": "post", "endpoint": .string("https://\(target.rawValue).example/acts"), "body": ["n": 1],
            ],
        ]
        for (key, value) in more { task[key] = value }
        return .object(task)
    }

    private static func ask(_ title: String, _ more: JSONObject = [:]) -> JSONValue {
        var with: JSONObject = [
            "title": .string(title), "role": "supervisor",
            "outcomes": [["name": "yes"], ["name": "no", "requiresReason": false]],
        ]
        for (key, value) in more { with[key] = value }
        return ["call": "human-task:1.0.0@default", "with": .object(with)]
    }

    private static func caught(_ tasks: JSONValue, _ handler: JSONValue) -> JSONValue {
        ["try": tasks, "catch": ["as": "problem", "do": handler]]
    }

    private static func clock(_ more: JSONObject) -> JSONValue {
        var with: JSONObject = ["name": "response"]
        for (key, value) in more { with[key] = value }
        return ["call": "sla:1.0.0@default", "with": .object(with)]
    }

    private static func run(_ workflow: Self, awaits: Bool, _ more: JSONObject = [:]) -> JSONValue {
        var task: JSONObject = [
            "run": [
                "await": .bool(awaits),
                "workflow": [
                    "namespace": "sim", "name": .string(workflow.rawValue), "version": "1.0.0", "input": ["n": 1],
                ],
            ]
        ]
        for (key, value) in more { task[key] = value }
        return .object(task)
    }
}
