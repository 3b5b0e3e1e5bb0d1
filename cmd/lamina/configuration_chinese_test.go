package main

import (
	"regexp"
	"strings"
)

// chinese is what docs/zh/configuration.md says for the English texts of the registry.
var chinese = map[string]string{
	// the file
	"what is trained on what": "任务：在什么数据上训练什么",
	"seed of the random numbers: the same seed gives the same network, bit for bit": "随机数的种子：同样的种子得到逐位相同的网络",
	"the data":                             "数据",
	"the network":                          "网络",
	"what training makes small":            "损失函数，训练要让它变小",
	"the rule that changes the parameters": "优化器，它修改参数",
	"how the learning rate changes during the training": "学习率调度：学习率在训练中怎样变化",
	"how long, and in which batches":                    "训练多久、怎样分批",
	"what evaluations measure besides the loss":         "评估时除损失之外还要测量的指标",
	"what else happens during the training":             "训练过程中还要做的事",
	"ranges that lamina tune searches, such as {optimizer.lr: log:1e-4..1e-1, model.hidden: '[64],[128, 64]'}": "lamina tune 搜索的范围，例如 {optimizer.lr: log:1e-4..1e-1, model.hidden: '[64],[128, 64]'}",

	// training
	"passes over the training data":                             "轮数：把训练数据过几遍",
	"samples per step":                                          "批大小：每一步的样本数",
	"batches whose gradients make one step of the optimizer":    "几批的梯度合起来走一步",
	"limit of the norm of all gradients together; 0 means none": "全部梯度合在一起的范数的上限；0 表示不限制",
	"limit of each element of the gradients; 0 means none":      "梯度每个元素的上限；0 表示不限制",
	"of matrix products in the steps of the training: medium rounds their factors to bfloat16, where the processor multiplies it faster (AMX, AVX-512 BF16)": "训练步骤中矩阵乘法的精度：如果处理器算 bfloat16 更快（AMX、AVX-512 BF16），medium 就把因数舍入为 bfloat16",
	"test and save a moving average of the weights with this decay; 0 means none":                                                                            "测试并保存权重的滑动平均，这是它的衰减系数；0 表示不用",
	"end after so many epochs without a better one; 0 means never":                                                                                           "连续这么多轮没有变好就结束；0 表示从不",
	"evaluate and report the best epoch instead of the last one":                                                                                             "评估和报告最好的一轮，而不是最后一轮",
	"the metric that decides which epoch is the best; empty means accuracy, or the loss without one; for tables the default is loss":                         "用哪个指标选出最好的一轮；空表示准确率，没有准确率时是损失；表格默认用损失",
	"then train again from the beginning, on training and validation data, for as many epochs as were best (tables)":                                         "然后用训练数据和验证数据从头再训练一次，轮数就是最好的一轮（表格）",
	"end after this time, such as 10m; 0 means never":                                                                                                        "到这个时间就结束，例如 10m；0 表示从不",
	"when the loss is no number: stop, or go back to the last checkpoint with half the learning rate":                                                        "损失变成 NaN 时：停止，或回到上一个检查点并把学习率减半",
	"also save a checkpoint after every so many steps; 0 means after each epoch":                                                                             "每走这么多步也保存一次检查点；0 表示每轮之后保存",
	"goroutines that read batches ahead; they do not change the batches":                                                                                     "提前读取数据的工作协程数；它不会改变各批的内容",

	// tasks
	"classifies small square grayscale images, such as handwritten digits":                                                                                                    "给小的正方形灰度图分类，例如手写数字",
	"mnist (which the program contains), or a folder of IDX files with MNIST's names":                                                                                         "mnist（程序自带），或一个文件夹，里面是与 MNIST 同名的 IDX 文件",
	"the part of the training digits that is not trained on: it chooses the best epoch and calibrates the probabilities":                                                      "训练数字中不参加训练的比例：用来选出最好的一轮，并校准概率",
	"random changes of the training images: affine turns, moves and scales them; mirror mirrors and moves them and erases a part, for other images than digits":               "训练图片的随机变化：affine 做旋转、移动和缩放；mirror 做镜像和移动，并擦去一部分，用于数字以外的图片",
	"also train on what predict finds in so many drawn photographs of digits, in close-ups, and in pictures without a digit: an eleventh class, so that predict refuses them": "画这么多张数字照片，以及近景和没有数字的图片，predict 在其中找到的标记也参加训练：第十一类使 predict 能拒绝没有数字的图片",
	"how predict prepares a picture: digit finds the digits in a photograph, resize scales the whole picture; auto is digit for mnist, else resize":                           "predict 怎样处理图片：digit 在照片中寻找数字，resize 缩放整张图片；auto 对 mnist 用 digit，否则用 resize",
	"sorts texts into classes": "给文本分类",
	"a table with a row for each text: CSV, TSV, JSON lines or Parquet": "一张表格，每行一段文本：CSV、TSV、JSON lines 或 Parquet",
	"the column of the texts":                                             "文本所在的列",
	"the column of the classes":                                           "类别所在的列",
	"the most tokens that are read of a text":                             "一段文本最多读取多少个词元",
	"the most tokens of a new tokenizer":                                  "新的分词器最多有多少个词元",
	"the part of the texts that chooses the best epoch":                   "用来选出最好一轮的文本的比例",
	"the part of the texts that is tested at the end":                     "最后用来测试的文本的比例",
	"predicts columns of a table from the other ones: classes or numbers": "由表格的其他列预测某些列：类别或数值",
	"a file (CSV, TSV, JSON lines, each also with .gz, or Parquet), or a table that the program contains: iris, penguins, cars": "一个文件（CSV、TSV、JSON lines，都可以加 .gz，或 Parquet），或程序自带的表格：iris、penguins、cars",
	"the columns to predict":                                  "要预测的列",
	"kinds of columns that are not to be inferred":            "不由程序推断、而由你指定的列的类型",
	"the part of the rows for the test of the finished model": "用来测试训练好的模型的行的比例",
	"the part of the rows that chooses the best epoch":        "用来选出最好一轮的行的比例",
	"how rows are divided: stratified keeps the proportions of the classes; auto does that for one target with classes":                                "怎样划分各行：stratified 保持类别的比例；auto 在只有一个类别目标时这样做",
	"a column: rows with an equal value, such as those of a patient, stay together":                                                                    "一个列名：值相同的行（例如同一个病人的行）放在一起",
	"a column: the earliest rows train, the latest are the test":                                                                                       "一个列名：最早的行用来训练，最晚的行用来测试",
	"cross-validation: divide the rows into so many parts, and train a network for each, which is tested on that part (instead of test); 0 means none": "交叉验证：把各行分成这么多份，每一份训练一个网络，并在这一份上测试（代替 test）；0 表示不用",
	"train the network of this fold alone, from 1; 0 means all":                                                                                        "只训练这一折的网络，从 1 数起；0 表示全部",
	"how numbers are scaled":        "怎样缩放数值",
	"what replaces missing numbers": "用什么代替缺失的数值",
	"categories with at most so many values become one-hot, others embeddings; -1 means none":                                                                                 "取值不超过这么多的类别列变成 one-hot，其他的做嵌入；-1 表示都不用 one-hot",
	"rare classes count as much as frequent ones":                                                                                                                             "少见的类别与常见的类别同样重要",
	"the character between cells; empty means recognized":                                                                                                                     "单元格之间的字符；空表示自动识别",
	"dates such as 3/4/2025 are month/day/year (mdy) or day/month/year (dmy), where both fit a whole column; auto means mdy, with a warning":                                  "3/4/2025 这样的日期，如果两种顺序都适合整列，是 月/日/年（mdy）还是 日/月/年（dmy）；auto 表示 mdy，并给出提醒",
	"whether the first line names the columns":                                                                                                                                "第一行是不是列名",
	"classifies pictures in a folder for each class":                                                                                                                          "给图片分类，每个类别一个文件夹",
	"a folder with a folder of pictures for each class, or with folders train, val and test that hold such folders":                                                           "一个文件夹，里面每个类别一个图片文件夹；或者里面有 train、val 和 test，它们再包含这样的文件夹",
	"pixels of the height and width of the network's input; 0 chooses by the pictures and the model":                                                                          "网络输入的高和宽（像素）；0 表示由图片和模型决定",
	"1 for gray, 3 for colors; 0 chooses by the pictures":                                                                                                                     "1 是灰度，3 是彩色；0 表示由图片决定",
	"the part of the pictures that chooses the best epoch, without a folder val":                                                                                              "没有文件夹 val 时，用来选出最好一轮的图片的比例",
	"the part of the pictures that is tested at the end, without a folder test":                                                                                               "没有文件夹 test 时，最后用来测试的图片的比例",
	"random changes of the training pictures: drawing turns, moves and scales them; photo also mirrors them and changes their colors; auto is photo for colors, else drawing": "训练图片的随机变化：drawing 做旋转、移动和缩放；photo 还做镜像和变色；auto 对彩色图片用 photo，否则用 drawing",
	"so many broken pictures may be left out in an epoch":                                                                                                                     "一轮中最多略去多少张损坏的图片",
	"a language model that writes texts like the one in a file":                                                                                                               "语言模型：写出与文件中相似的文本",
	"a text in UTF-8": "一个 UTF-8 文本文件",
	"what the network reads and writes: chars, or bpe (frequent parts of words)": "网络读写的词元：chars（字符），或 bpe（常见的词的片段）",
	"the most tokens of bpe": "bpe 最多有多少个词元",
	"training steps of an epoch; after each epoch the network is tested and writes a sample": "一轮的训练步数；每轮之后测试网络，并让它写一段样例",
	"the part of the text, at its end, that is not trained on":                               "文本末尾不参加训练的部分的比例",

	// models
	"fully connected layers with ReLU":                                "带 ReLU 的全连接层",
	"features of each hidden layer":                                   "每个隐藏层的特征数",
	"three convolutional layers with batch normalization and pooling": "三个卷积层，带批归一化和池化",
	"six convolutional layers with batch normalization: a few mistakes less than cnn, in several times the time": "六个带批归一化的卷积层：错误比 cnn 略少，时间是它的几倍",
	"filters of the first layer; the later ones have two and four times as many":                                 "第一层的卷积核数；后面的层是它的两倍和四倍",
	"a list of layers": "一列层",
	"the layers, such as [{linear: 64}, relu, {linear: out}]":      "各层，例如 [{linear: 64}, relu, {linear: out}]",
	"the mean of the vectors of a text's words and pairs of words": "文本中各个词和词对的向量的平均值",
	"numbers for each word": "每个词的向量的长度",
	"vectors for pairs of neighboring words, which share them by a hash; 0 means none":         "相邻词对的向量个数，词对通过哈希共用它们；0 表示不用",
	"part of the numbers that training sets to 0":                                              "训练时置 0 的数的比例",
	"a small transformer with initial weights, for many texts":                                 "从头训练的小 transformer，适合文本很多的情形",
	"numbers for each token":                                                                   "每个词元的向量的长度",
	"layers":                                                                                   "层数",
	"attention heads of a layer":                                                               "一层的注意力头数",
	"a pretrained BERT from a folder of weights":                                               "预训练的 BERT，权重来自一个文件夹",
	"a folder of a BERT in Hugging Face's layout, such as all-MiniLM-L6-v2":                    "Hugging Face 格式的 BERT 文件夹，例如 all-MiniLM-L6-v2",
	"rank of adapters that are trained instead of the weights; 0 trains the weights":           "代替全部权重来训练的适配器的秩；0 表示训练权重",
	"several networks of fully connected layers, trained at once and averaged (TabM-mini)":     "几个全连接网络，同时训练，取平均（TabM-mini）",
	"the part of the hidden features that is set to 0 in training":                             "训练时置 0 的隐藏特征的比例",
	"networks that are trained at once; their mean predicts":                                   "同时训练的网络数；用它们的平均值做预测",
	"numbers are encoded piecewise linearly in so many bins of equally many rows; 0 means not": "数值按分段线性编码成这么多段，每段的行数相同；0 表示不用",
	"numbers are limited smoothly to so many standard deviations; 0 means not":                 "数值平滑地限制在这么多个标准差以内；0 表示不用",
	"fully connected layers with residual sums and batch norm":                                 "带残差连接和批归一化的全连接层",
	"residual sums": "残差块数",
	"features between the blocks; twice as many inside":                    "块之间的特征数；块内部是它的两倍",
	"the part of the features inside a block that is set to 0 in training": "训练时块内部置 0 的特征的比例",
	"attention between the columns: accurate, and slow":                    "各列之间的注意力：准确，但慢",
	"layers of attention":                                                                                       "注意力层数",
	"features of a column's token, a multiple of heads":                                                         "每列的词元的特征数，是 heads 的倍数",
	"heads of attention":                                                                                        "注意力头数",
	"the part of attention's weights that is set to 0 in training":                                              "训练时置 0 的注意力权重的比例",
	"a linear model: logistic or linear regression":                                                             "线性模型：逻辑回归或线性回归",
	"convolutions with batch normalization, for pictures of any size":                                           "带批归一化的卷积网络，图片大小不限",
	"filters of the first layer; each stage has twice as many, at most 8 times":                                 "第一层的卷积核数；每个阶段加倍，最多八倍",
	"start with the weights in this .safetensors, .pt or .pth file; a last layer for other classes begins anew": "从这个 .safetensors、.pt 或 .pth 文件的权重开始；类别不同时，最后一层重新开始",
	"train the last layer only":                                                                                 "只训练最后一层",
	"a residual network of 18 layers":                                                                           "18 层的残差网络",
	"a residual network of 34 layers":                                                                           "34 层的残差网络",
	"a residual network of 50 layers":                                                                           "50 层的残差网络",
	"a small network for phones":                                                                                "用于手机的小网络",
	"a very small network for phones":                                                                           "用于手机的很小的网络",
	"EfficientNet-B0":                                                                                           "EfficientNet-B0",
	"EfficientNet-Lite0, without squeeze and excitation":                                                        "EfficientNet-Lite0，没有 squeeze-and-excitation",
	"ConvNeXt-T":                             "ConvNeXt-T",
	"a transformer with the layers of GPT-2": "由 GPT-2 的层组成的 transformer",
	"how many tokens the network sees":       "网络能看到多少个词元",
	"attention heads of each layer":          "每层的注意力头数",
	"part of the numbers that training sets to 0; for small texts 0.1 to 0.2": "训练时置 0 的数的比例；文本较小时用 0.1 到 0.2",

	// layers
	"xWᵀ + b":                        "xWᵀ + b",
	"features of the result":         "结果的特征数",
	"no bias":                        "没有偏置",
	"max(x, 0)":                      "max(x, 0)",
	"x, times a small slope below 0": "x，小于 0 时乘以很小的斜率",
	"slope for negative numbers":     "负数的斜率",
	"x, or alpha(eˣ − 1) below 0":    "x，小于 0 时为 alpha(eˣ − 1)",
	"the lowest result is −alpha":    "结果的下限是 −alpha",
	"xΦ(x)":                          "xΦ(x)",
	"x·sigmoid(x)":                   "x·sigmoid(x)",
	"tanh x":                         "tanh x",
	"1/(1 + e⁻ˣ)":                    "1/(1 + e⁻ˣ)",
	"sets random numbers to 0 while it trains":        "训练时随机把一些数置 0",
	"the part of the numbers that training sets to 0": "训练时置 0 的数的比例",
	"batch normalization of features or channels":     "对特征或通道做批归一化",
	"layer normalization of a sample":                 "对每个样本做层归一化",
	"makes a row of numbers of each sample":           "把每个样本展开成一行数",
	"a convolution of pictures":                       "图片的卷积",
	"filters":                                         "卷积核数",
	"height and width of a filter":                    "卷积核的高和宽",
	"distance of the windows":                         "步幅：相邻窗口的距离",
	"zeros added at each side":                        "每边填充多少个 0",
	"the largest number of each window":               "每个窗口的最大值",
	"height and width of a window":                    "窗口的高和宽",
	"the mean of each window":                         "每个窗口的平均值",
	"the mean of each channel":                        "每个通道的平均值",

	// losses
	"for classes: the negative logarithm of the right class's probability":                        "用于类别：真实类别概率的负对数",
	"the part of the probability that is spread over all classes":                                 "平均分给所有类别的那部分概率",
	"for numbers: the squared error":                                                              "用于数值：平方误差",
	"for numbers: the absolute error":                                                             "用于数值：绝对误差",
	"for numbers: squared small errors, absolute large ones":                                      "用于数值：小误差取平方，大误差取绝对值",
	"errors above this count linearly":                                                            "超过这个值的误差按线性计算",
	"for numbers: the Huber loss divided by beta":                                                 "用于数值：Huber 损失除以 beta",
	"for several yes-or-no answers: binary cross-entropy of scores":                               "用于几个“是或否”的答案：由得分计算的二元交叉熵",
	"for several targets, some with classes: the sum of their cross-entropies and squared errors": "用于几个目标，其中有的是类别：各个目标的交叉熵和平方误差之和",

	// optimizers
	"Adam: steps scaled by running moments of the gradient": "Adam：步长由梯度的一阶矩和二阶矩的滑动平均决定",
	"learning rate": "学习率",
	"decay rates of the first and the second moment": "一阶矩和二阶矩的衰减系数",
	"added to the root": "加在平方根上的数",
	"L2 penalty":        "L2 惩罚",
	"Adam with weight decay apart from the gradient":                    "权重衰减与梯度分开的 Adam",
	"decay of the weights, apart from the gradient":                     "权重的衰减，与梯度分开",
	"which parameters decay: all, or those with two or more dimensions": "哪些参数衰减：全部（all），或至少二维的（matrices）",
	"stochastic gradient descent with momentum":                         "带动量的随机梯度下降",
	"momentum":          "动量",
	"Nesterov momentum": "Nesterov 动量",
	"steps divided by the root of a running mean of squares": "步长除以梯度平方的滑动平均的平方根",
	"decay rate of the mean of squares":                      "平方的平均值的衰减系数",
	"steps divided by the root of the sum of squares":        "步长除以梯度平方和的平方根",
	"decay of the learning rate":                             "学习率的衰减",
	"steps by the sign of a momentum":                        "按动量的符号走一步",
	"weight of the momentum in the step, and its decay rate": "动量在一步中的权重，以及它的衰减系数",
	"Adam with Nesterov momentum":                            "带 Nesterov 动量的 Adam",
	"Adam that corrects the variance of its first steps":     "修正最初几步方差的 Adam",

	// schedules
	"the same rate throughout":                                         "始终不变",
	"steps in which the rate rises from near 0":                        "预热步数：学习率从接近 0 升起",
	"falls along half a cosine":                                        "沿半个余弦下降",
	"the last rate, as a part of the optimizer's":                      "最后的学习率，是优化器学习率的几分之几",
	"falls along a line":                                               "沿直线下降",
	"rises, then falls to nearly 0":                                    "先升高，再降到接近 0",
	"the part of the steps in which the rate rises to the optimizer's": "学习率升到优化器学习率所用步数的比例",
	"is multiplied by a factor after every so many epochs":             "每隔若干轮乘以一个系数",
	"epochs between two changes":                                       "两次改变之间的轮数",
	"factor of each change":                                            "每次改变的系数",
	"is multiplied by a factor after every epoch":                      "每轮之后乘以一个系数",
	"factor after each epoch":                                          "每轮之后的系数",
	"is reduced when evaluations stop getting better":                  "评估结果不再变好时降低",
	"factor of each reduction":                                         "每次降低的系数",
	"epochs without progress before a reduction":                       "多少轮没有进步就降低",

	// metrics and callbacks
	"for classes: the part that is predicted right":                                                     "用于类别：预测正确的比例",
	"for classes: the part of the predictions of a class that are right":                                "用于类别：预测为某一类的样本中，预测正确的比例（精确率）",
	"how the classes' values are averaged":                                                              "怎样对各个类别的值取平均",
	"for classes: the part of a class that is found":                                                    "用于类别：某一类的样本中，被找出来的比例（召回率）",
	"for classes: the harmonic mean of precision and recall":                                            "用于类别：精确率和召回率的调和平均",
	"for classes: the area under the ROC curve":                                                         "用于类别：ROC 曲线下的面积",
	"for classes: the area under the curve of precision over recall":                                    "用于类别：精确率-召回率曲线下的面积",
	"for numbers: the root of the mean squared error":                                                   "用于数值：均方误差的平方根",
	"for numbers: the mean absolute error":                                                              "用于数值：平均绝对误差",
	"for numbers: the explained part of the variance":                                                   "用于数值：方差中被解释的比例",
	"write TensorBoard's event files to the run's folder":                                               "在训练文件夹里写出 TensorBoard 的事件文件",
	"steps between two points of the training loss":                                                     "训练损失相邻两点之间的步数",
	"histograms of weights and gradients after each epoch; after about 50 of them in a longer training": "每轮之后权重和梯度的直方图；轮数更多时只记录其中约 50 轮",
	"the model's layers as a graph":                                                                     "以图的形式表示模型的各层",

	// what an option accepts
	"a list":                           "列表",
	"a text":                           "文本",
	"a whole number":                   "整数",
	"a name, or a mapping with a name": "一个名字，或带名字的映射",
	"keys with values":                 "键与值",
	"a time such as 90s, 10m or 2h":    "时间，例如 90s、10m 或 2h",
	"names with values: number, category, boolean, time, text or drop":               "列名与类型：number、category、boolean、time、text 或 drop",
	"\"out\" for the number of the model's results, or a whole number from 1 to 1e6": "\"out\" 表示模型结果的个数；或者 1 到 1e6 的整数",
}

// bounds are what an option accepts, with numbers.
var bounds = []struct {
	english *regexp.Regexp
	chinese string
}{
	{regexp.MustCompile(`^a whole number from (\S+) to (\S+)$`), "$1 到 $2 的整数"},
	{regexp.MustCompile(`^whole numbers from (\S+) to (\S+)$`), "若干个 $1 到 $2 的整数"},
	{regexp.MustCompile(`^a number from (\S+) to (\S+)$`), "$1 到 $2 的数"},
	{regexp.MustCompile(`^a number above (\S+) and below (\S+)$`), "大于 $1、小于 $2 的数"},
	{regexp.MustCompile(`^a number above (\S+) and of at most (\S+)$`), "大于 $1、不大于 $2 的数"},
	{regexp.MustCompile(`^a number above (\S+)$`), "大于 $1 的数"},
	{regexp.MustCompile(`^a number of at least (\S+) and below (\S+)$`), "不小于 $1、小于 $2 的数"},
	{regexp.MustCompile(`^numbers of at least (\S+) and below (\S+)$`), "若干个不小于 $1、小于 $2 的数"},
	{regexp.MustCompile(`^a number of at least (\S+)$`), "不小于 $1 的数"},
}

// choice is a list of names such as "auto, yes or no".
var choice = regexp.MustCompile(`^([a-z-]+, )*[a-z-]+ or [a-z-]+$`)

// inChinese returns the Chinese for a text of the registry; ok is false if there is none.
func inChinese(text string) (translated string, ok bool) {
	if translated, ok = chinese[text]; ok {
		return translated, true
	}
	for _, b := range bounds {
		if b.english.MatchString(text) {
			return b.english.ReplaceAllString(text, b.chinese), true
		}
	}
	if choice.MatchString(text) {
		return strings.NewReplacer(", ", "、", " or ", " 或 ").Replace(text), true
	}
	return "", false
}
