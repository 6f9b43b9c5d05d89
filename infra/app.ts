// The CDK app (cdk.json). `npm run synth` writes the template without credentials or network; account, region and
// partition stay open until it is deployed.

import { App } from 'aws-cdk-lib'
import { triggers } from '../functions/triggers.ts'
import { KilowatchStack } from './stack.ts'

const app = new App()
new KilowatchStack(app, 'Kilowatch', { triggers })
app.synth()
