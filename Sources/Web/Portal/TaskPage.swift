/// The page of one task, and the form in it on which a person decides.
enum TaskPage {
    static let text = """
        {{<layout}}{{$content}}
        <p><a href="/portal">All tasks</a></p>
        <h1>{{title}}</h1>
        {{#problem}}<div class="card error" role="alert"><h2>{{heading}}</h2>
        {{#explanation}}<p>{{.}}</p>{{/explanation}}
        {{#hasMistakes}}<ul>{{#mistakes}}<li>{{#target}}<a href="#{{.}}">{{message}}</a>{{/target}}{{^target}}{{message}}{{/target}}</li>{{/mistakes}}</ul>{{/hasMistakes}}</div>{{/problem}}
        {{#notice}}<p class="card notice" role="status">{{.}}</p>{{/notice}}
        <div class="card"><p class="meta">{{plant}} · {{workflow}} · for {{role}}</p>
        {{#due}}<p class="meta">{{#isLate}}<span class="late">Overdue</span> since {{/isLate}}{{^isLate}}Due {{/isLate}}<time datetime="{{machine}}">{{text}}</time>, {{distance}}</p>{{/due}}
        {{#opened}}<p class="meta">Opened <time datetime="{{machine}}">{{text}}</time>{{#requestedBy}}, asked for by {{.}}{{/requestedBy}}</p>{{/opened}}
        {{#description}}<p class="text">{{.}}</p>{{/description}}</div>
        {{#hasEvidence}}<section class="card" aria-labelledby="evidence"><h2 id="evidence">Evidence</h2>
        {{#evidence}}{{#heading}}<h3>{{.}}</h3>{{/heading}}<dl>{{#rows}}<div><dt>{{name}}</dt><dd>{{value}}</dd></div>{{/rows}}</dl>{{/evidence}}
        {{#evidenceIsCut}}<p class="hint">There is more. The whole evidence is in the task that the API shows.</p>{{/evidenceIsCut}}</section>{{/hasEvidence}}
        {{#decision}}<section class="card" aria-labelledby="decision"><h2 id="decision">Decided: {{outcome}}</h2>
        <p class="meta">{{by}}, <time datetime="{{at.machine}}">{{at.text}}</time></p>{{#given}}<p class="text">{{.}}</p>{{/given}}
        {{#hasAnswers}}<dl>{{#answers}}{{#rows}}<div><dt>{{name}}</dt><dd>{{value}}</dd></div>{{/rows}}{{/answers}}</dl>{{/hasAnswers}}</section>{{/decision}}
        {{#standing}}<div class="card{{#isAction}} aside{{/isAction}}"><p>{{sentence}}</p>
        {{#isAction}}<form method="post" action="{{action}}"><input type="hidden" name="form-token" value="{{formToken}}"><button>{{button}}</button></form>{{/isAction}}</div>{{/standing}}
        {{#unsent}}<section class="card" aria-labelledby="unsent"><h2 id="unsent">What you had entered as a reason</h2><p class="text">{{.}}</p></section>{{/unsent}}
        {{#mayDecide}}{{>decision-form}}{{/mayDecide}}
        {{/content}}{{/layout}}
        """

    /// What is wrong with a field stands at the field and is tied to it, for those who hear the page.
    static let form = """
        <form class="card" method="post" action="{{href}}">
        <h2>Your decision</h2>
        <input type="hidden" name="form-token" value="{{formToken}}">
        {{#fields}}
        {{#isCheckbox}}<label class="choice whole"><input type="checkbox" id="{{id}}" name="{{name}}" value="true"{{#isChecked}} checked{{/isChecked}}{{#isWrong}} aria-invalid="true"{{/isWrong}}{{#isDescribed}} aria-describedby="{{id}}-about"{{/isDescribed}}> <span>{{label}}</span></label>{{/isCheckbox}}
        {{^isCheckbox}}<label for="{{id}}">{{label}}{{#isRequired}} <span class="hint">(required)</span>{{/isRequired}}</label>{{/isCheckbox}}
        {{#isDescribed}}<div id="{{id}}-about">{{#hint}}<p class="hint">{{.}}</p>{{/hint}}{{#mistakes}}<p class="mistake">{{.}}</p>{{/mistakes}}</div>{{/isDescribed}}
        {{#isJSON}}<p class="hint">Enter this as JSON.</p>{{/isJSON}}
        {{#isChoice}}<select id="{{id}}" name="{{name}}"{{#isRequired}} required{{/isRequired}}{{#isWrong}} aria-invalid="true"{{/isWrong}}{{#isDescribed}} aria-describedby="{{id}}-about"{{/isDescribed}}><option value="">Choose …</option>{{#options}}<option value="{{value}}"{{#isSelected}} selected{{/isSelected}}>{{value}}</option>{{/options}}</select>{{/isChoice}}
        {{#isLongText}}<textarea id="{{id}}" name="{{name}}" rows="3"{{#longest}} maxlength="{{.}}"{{/longest}}{{#isRequired}} required{{/isRequired}}{{#isWrong}} aria-invalid="true"{{/isWrong}}{{#isDescribed}} aria-describedby="{{id}}-about"{{/isDescribed}}>
        {{value}}</textarea>{{/isLongText}}
        {{#isInput}}<input id="{{id}}" name="{{name}}" type="{{inputType}}" value="{{value}}"{{#step}} step="{{.}}"{{/step}}{{#minimum}} min="{{.}}"{{/minimum}}{{#maximum}} max="{{.}}"{{/maximum}}{{#longest}} maxlength="{{.}}"{{/longest}}{{#isRequired}} required{{/isRequired}}{{#isWrong}} aria-invalid="true"{{/isWrong}}{{#isDescribed}} aria-describedby="{{id}}-about"{{/isDescribed}}>{{/isInput}}
        {{/fields}}
        <fieldset{{#outcomeMistakes}} aria-describedby="outcome-about"{{/outcomeMistakes}}><legend>Decision <span class="hint">(required)</span></legend>
        {{#outcomeMistakes}}<p class="mistake" id="outcome-about">{{.}}</p>{{/outcomeMistakes}}
        {{#outcomes}}<label class="choice"><input type="radio" id="{{id}}" name="outcome" value="{{name}}" required{{#isSelected}} checked{{/isSelected}}> <span>{{label}}{{#needsReason}} <span class="hint">(needs a reason)</span>{{/needsReason}}</span></label>
        {{/outcomes}}</fieldset>
        <label for="reason">Reason{{#isReasonRequired}} <span class="hint">(required)</span>{{/isReasonRequired}}</label>
        {{#reasonMistakes}}<p class="mistake" id="reason-about">{{.}}</p>{{/reasonMistakes}}
        <textarea id="reason" name="reason" rows="3" maxlength="{{longestReason}}"{{#isReasonRequired}} required{{/isReasonRequired}}{{#reasonMistakes}} aria-invalid="true" aria-describedby="reason-about"{{/reasonMistakes}}>
        {{reason}}</textarea>
        <p class="hint">A decision is final. It is recorded with your name and the time.</p>
        <button class="primary">Record the decision</button>
        </form>
        """
}
