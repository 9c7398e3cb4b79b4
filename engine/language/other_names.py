"""What other frameworks call things, so that an error can say what they are called here."""

from __future__ import annotations

from collections.abc import Iterable

from engine.language.did_you_mean import did_you_mean

# Ours, then theirs: in small letters and without `_`, so that kernel_size and kernelSize are one.
# Where one of theirs may mean several of ours, the first that fits its place is meant.
OTHER_NAMES = {
    # Layer types
    "input": "inputlayer",
    "conv": "conv2d conv2dlayer convolution convolution2d convolutional",
    "pool": "maxpool maxpool2d maxpooling maxpooling2d subsampling",
    "avgpool": "avgpool2d avgpooling averagepool averagepooling averagepooling2d meanpool",
    "fc": "dense denselayer linear affine innerproduct fullyconnected fullconnected",
    "dropout": "dropout1d dropout2d spatialdropout2d",
    "lrn": "localresponsenorm localresponsenormalization",
    "batchnorm": "batchnorm1d batchnorm2d batchnormalization bn",
    "softmax": "crossentropy crossentropyloss categoricalcrossentropy logsoftmax nllloss",
    "svm": "hinge hingeloss multimarginloss",
    "regression": "mse mseloss meansquarederror l2loss",
    # Options of layers
    "num_neurons": "units numunits outfeatures hidden numhidden nodes size",
    "num_classes": "classes nclasses units outfeatures numoutputs size",
    "filters": "outchannels channels nfilters numfilters features kernels units",
    "sx": "kernel kernelsize ksize kernelwidth filtersize filter window windowsize poolsize "
    "width size",
    "sy": "kernelheight filterheight height",
    "stride": "strides step steps subsample",
    "pad": "padding zeropadding",
    "activation": "act activationfn activationfunction nonlinearity",
    "drop_prob": "p prob probability rate dropoutrate dropoutprob drop dropout",
    "init": "initializer kernelinitializer weightinit weightinitializer",
    "bias_pref": "bias biasinit biasinitializer initialbias",
    "l2_decay_mul": "kernelregularizer l2 weightdecay decay",
    "memory": "momentum decay",
    # Options of the trainer
    "method": "optimizer optim optimiser algorithm solver",
    "learning_rate": "lr eta alpha rate stepsize",
    "batch_size": "batch minibatch minibatchsize bs",
    "l2_decay": "wd weightdecay decay l2 l2reg regularization reg lambda",
    "l1_decay": "l1 l1reg",
    "ro": "rho",
    "eps": "epsilon",
    "schedule": "scheduler lrschedule lrscheduler lrdecay",
    "warmup_examples": "warmup warmupsteps",
    "step_factor": "gamma",
    "ema": "emadecay averaging",
    "augment": "augmentation dataaugmentation",
    # What options may be
    "sigmoid": "logistic",
    "he": "kaiming msra",
    "normal": "xavier glorot lecun",
    "sgd": "momentum gd gradientdescent",
    "nesterov": "nag",
    "windowgrad": "rmsprop",
    "cosine": "cos cosineannealing",
    "step": "steplr exponential",
    # What stands in statements
    "push": "add append",
    "SGDTrainer": "sgd adam adadelta optimizer",
}

# What has no name here, and what to do instead.
NOTHING_OF_THE_KIND = {
    "flatten reshape": "leave it out: an fc takes a volume of any size",
    "inchannels infeatures inputshape inputdim inputs": "leave it out: it is what the layer before "
    "puts out",
    "keepprob keep": "drop_prob is the share that is left out, 1 minus this",
    "epochs numepochs maxepochs maxiter iterations": "leave it out: how long to train is not part "
    "of the text",
    "nesterov": "write method:'nesterov'",
    "loss criterion": "leave it out: the last layer is the loss",
}


def suggestion(name: str, known: Iterable[str], quote: str = "`") -> str:
    """What follows an unknown name in an error: `; here it is called ...`, `; did you mean ...?`,
    or an empty string; `known` are the names that its place admits, the important ones first.
    """
    known = tuple(known)
    plain = name.lower().replace("_", "")
    for ours, theirs in OTHER_NAMES.items():
        if ours in known and plain in theirs.split():
            return f"; here it is called {quote}{ours}{quote}"
    for theirs, advice in NOTHING_OF_THE_KIND.items():
        if plain in theirs.split():
            return f"; {advice}"
    return did_you_mean(name, known, quote)
