// The CDK app (cdk.json). `npm run synth` writes the template without credentials or network; account, region and
// partition stay open until it is deployed, unless `-c region=` names one. cdk-nag looks at every template that is
// written.

import { App, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import { settingsOf } from './settings.ts'
import { KilowatchStack } from './stack.ts'

const app = new App()
const settings = settingsOf((name) => app.node.tryGetContext(name))
const region: string | undefined = app.node.tryGetContext('region')
new KilowatchStack(app, `Kilowatch-${settings.stage}`, { settings, env: region ? { region } : undefined })
Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
app.synth()
